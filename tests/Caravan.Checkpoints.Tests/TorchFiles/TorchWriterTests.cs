using System.Security.Cryptography;
using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

public sealed class TorchWriterTests : IDisposable
{
    private const string PrintHashes = """
        import hashlib, sys, torch
        for name, t in torch.load(sys.argv[1]).items():
            raw = t.contiguous().reshape(-1)
            raw = raw.view(torch.int16) if t.dtype == torch.bfloat16 else raw
            print(
                name, t.dtype, list(t.shape), t.storage().data_ptr() % 64,
                hashlib.sha256(raw.numpy().tobytes()).hexdigest())
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_EveryType_IsReadByPyTorch()
    {
        WeightType[] types = [.. Enum.GetValues<WeightType>().Where(type =>
            type is not (
                WeightType.F8E4M3 or WeightType.F8E5M2 or WeightType.U16 or WeightType.U32 or WeightType.U64))];
        WeightTensor[] tensors = [.. types.Select(type => type == WeightType.Bool
            ? WeightTensor.FromMemory(new TensorInfo("Bool", type, [2]), new byte[] { 0, 1 })
            : Tensors.Random(type.ToString(), type, [3, 5], (int)type))];
        TorchWriter.Write(_folder["x.bin"], [.. tensors, Tensors.Random("scalar", WeightType.F32, [])]);
        var lines = Python.Run(PrintHashes, _folder["x.bin"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(tensors.Length + 1, lines.Length);
        for (var i = 0; i < tensors.Length; i++)
        {
            Assert.StartsWith(
                $"{tensors[i].Info.Name} torch.{types[i].TorchName()} {tensors[i].Info.ShapeText} ", lines[i]);
            Assert.EndsWith(Convert.ToHexStringLower(SHA256.HashData(tensors[i].ReadAll())), lines[i]);
        }
    }

    [Fact]
    public void Write_TiedTensors_ShareTheirStorage()
    {
        TorchWriter.Write(
            _folder["x.bin"], [Tensors.Random("a", WeightType.F32, [4])],
            new Dictionary<string, string> { ["b"] = "a" });
        using var weights = ModelWeights.Open(_folder["x.bin"]);
        Assert.Equal("a", weights.Aliases["b"]);
        var output = Python.Run(
            "import sys, torch; s = torch.load(sys.argv[1]); print(s['a'].data_ptr() == s['b'].data_ptr())",
            _folder["x.bin"]);
        Assert.Equal("True", output.Trim());
    }

    [Fact]
    public void Write_ManyChunks_HasRightChecksumsAndAlignedData()
    {
        WeightTensor[] tensors =
            [Tensors.Random("a", WeightType.U8, [(5 << 20) + 3]), Tensors.Random("b", WeightType.I64, [9])];
        TorchWriter.Write(_folder["x.bin"], tensors);
        using var file = TorchWeightFile.Open(_folder["x.bin"]);
        file.VerifyChecksums(default);
        Assert.All(tensors, tensor => Assert.Equal(tensor.ReadAll(), file[tensor.Info.Name].ReadAll()));
        Assert.All(tensors, tensor => Assert.Equal(0, file.Map(tensor.Info.Name).Pointer % 64));
    }

    [Fact]
    public void Write_ATypeThatPyTorchCannotStore_NamesTheTensor() =>
        Assert.Contains("'x'", Assert.Throws<BadInputException>(
        () => TorchWriter.Write(_folder["x.bin"], [Tensors.Random("x", WeightType.U16, [1])])).Message);
}
