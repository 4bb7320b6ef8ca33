using System.Security.Cryptography;

namespace Caravan.Checkpoints.Tests;

/// <summary>
/// Files large enough to be written past the page cache, with tensors that begin and end inside of blocks.
/// </summary>
public sealed class WeightFileWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly WeightTensor[] _tensors =
    [
        Tensors.Random("a", WeightType.F32, [7 << 20]), Tensors.Random("b", WeightType.BF16, [3 << 20, 1]),
        Tensors.Random("c", WeightType.U8, [3]), Tensors.Random("d", WeightType.U8, [5001]),
        Tensors.Random("e", WeightType.U8, [(4 << 20) + 1]),
        Tensors.Random("none", WeightType.F32, [0, 3]),
    ];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_LargeFilesOfEachFormat_ReadBackEqualAndHaveTheHashThatIsSaid()
    {
        var hashes = new Dictionary<string, string>
        {
            ["x.safetensors"] = SafetensorsWriter.Write(_folder["x.safetensors"], _tensors),
            ["x.bin"] = TorchWriter.Write(_folder["x.bin"], _tensors),
        };
        foreach (var (name, hash) in hashes)
        {
            using var weights = ModelWeights.Open(_folder[name]);
            weights.VerifyChecksums(default);
            foreach (var tensor in _tensors)
            {
                var equal = tensor.ReadAll().AsSpan().SequenceEqual(weights[tensor.Info.Name].ReadAll());
                Assert.True(equal, $"{name}: {tensor.Info}");
            }
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(_folder[name]))), hash);
        }
    }

    [Fact]
    public void Write_TensorsTransposedAndReordered_GiveTheirNumbers()
    {
        // Two and a half pieces, so that pieces begin and end inside of rows.
        var matrix = Tensors.Random("m", WeightType.BF16, [600, 550]);
        var transposed = new TransposedTensor(matrix);
        SafetensorsWriter.Write(_folder["t"], [transposed, new TransposedTensor(transposed).Renamed("twice")]);
        using var file = SafetensorsFile.Open(_folder["t"]);
        Assert.Equal("m BF16 [550, 600]", file["m"].Info.ToString());
        Assert.Equal(matrix.ReadAll(), file["twice"].ReadAll());
        var (original, found) = (matrix.ReadAll(), file["m"].ReadAll());
        for (var row = 0; row < 550; row += 7)
        {
            for (var column = 0; column < 600; column++)
                Assert.Equal(original.AsSpan((column * 550 + row) * 2, 2), found.AsSpan((row * 600 + column) * 2, 2));
        }
        var heads = new RotaryRowsTensor(new RotaryRowsTensor(matrix, 6, toHalves: true), 6, toHalves: false);
        Assert.Equal(matrix.ReadAll(), heads.ReadAll());
    }
}
