using System.Buffers.Binary;
using System.Text;
using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<WeightType> Types => [.. Enum.GetValues<WeightType>()];

    [Theory]
    [MemberData(nameof(Types))]
    public void Write_EveryType_ReadsBackEqual(WeightType type)
    {
        var tensor = Tensors.Random("x", type, [3, 5]);
        SafetensorsWriter.Write(_folder["x"], [tensor]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal(tensor.Info.ToString(), Assert.Single(file.Tensors).ToString());
        Assert.Equal(tensor.ReadAll(), file["x"].ReadAll());
    }

    [Fact]
    public void Write_TypesOfPyTorch_AreReadByAnIndependentReader()
    {
        const string program = """
            import hashlib, json, struct, sys, torch
            types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
                     "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
                     "BOOL": torch.bool}
            data = open(sys.argv[1], "rb").read()
            length = struct.unpack("<Q", data[:8])[0]
            for name, entry in sorted(json.loads(data[8:8 + length]).items()):
                if name == "__metadata__":
                    continue
                begin, end = (8 + length + offset for offset in entry["data_offsets"])
                tensor = torch.frombuffer(bytearray(data[begin:end]), dtype=types[entry["dtype"]]).reshape(
                    entry["shape"])
                print(name, list(tensor.shape), tensor.double().nansum().item())
            """;
        WeightType[] types = [.. Enum.GetValues<WeightType>().Where(type =>
            type is not (
                WeightType.F8E4M3 or WeightType.F8E5M2 or WeightType.U16 or WeightType.U32 or WeightType.U64))];
        WeightTensor[] tensors = [.. types.Select((type, i) => WeightTensor.FromMemory(
            new TensorInfo($"t{i}", type, [2, 2]), OneTwoThreeFour(type)))];
        SafetensorsWriter.Write(_folder["x"], tensors);
        // 1 + 2 + 3 + 4 in every type; four times true is 4.
        Assert.Equal(
            types.Select((type, i) => $"t{i} [2, 2] {(type == WeightType.Bool ? 4 : 10)}.0"),
            Python.Run(program, _folder["x"]).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static byte[] OneTwoThreeFour(WeightType type)
    {
        if (type.IsFloatingPoint())
        {
            var bytes = new byte[4 * type.Size()];
            Floats.FromSingle([1, 2, 3, 4], type, bytes);
            return bytes;
        }
        return [.. Enumerable.Range(1, 4).SelectMany(
            i => BitConverter.GetBytes((long)(type == WeightType.Bool ? 1 : i)).Take(type.Size()))];
    }

    [Fact]
    public void Write_MixedTypes_OrdersByAlignmentThenNameAndPadsTheHeader()
    {
        SafetensorsWriter.Write(_folder["x"], [
            Tensors.Random("b.u8", WeightType.U8, [3]),
            Tensors.Random("z.f32", WeightType.F32, [1]),
            Tensors.Random("a.f16", WeightType.F16, [1]),
            Tensors.Random("a.f32", WeightType.F32, [1]),
            Tensors.Random("i64", WeightType.I64, []),
        ]);
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal(["i64", "a.f32", "z.f32", "a.f16", "b.u8"], file.Tensors.Select(info => info.Name));
        Assert.All(file.Tensors, info => Assert.True(file.Map(info.Name).IsAligned));
        var bytes = File.ReadAllBytes(_folder["x"]);
        var headerLength = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, (8 + headerLength) % 8);
        Assert.StartsWith(
            """{"__metadata__":{"format":"pt"},"i64":{"dtype":"I64","shape":[],"data_offsets":[0,8]},""",
            Encoding.UTF8.GetString(bytes, 8, (int)headerLength));
    }

    [Fact]
    public void Write_ATensorOfManyChunks_ReadsBackEqualAndReportsEveryByte()
    {
        var tensor = Tensors.Random("big", WeightType.U8, [(3 << 22) + 17]);
        long reported = 0;
        SafetensorsWriter.Write(
            _folder["x"], [tensor], progress: new Counter(count => Interlocked.Add(ref reported, count)));
        using var file = SafetensorsFile.Open(_folder["x"]);
        Assert.Equal(tensor.ReadAll(), file["big"].ReadAll());
        Assert.Equal(tensor.Info.ByteLength, reported);
    }

    [Fact]
    public void Write_ASourceThatFails_ThrowsItsErrorAndLeavesNothing()
    {
        var failing = new ComputedTensor(
            new TensorInfo("x", WeightType.U8, [10]), (_, _) => throw new BadInputException("x is truncated"));
        var error = Assert.Throws<BadInputException>(() => SafetensorsWriter.Write(_folder["x"], [failing]));
        Assert.Equal("x is truncated", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_Cancelled_LeavesNothing()
    {
        Assert.Throws<OperationCanceledException>(() => SafetensorsWriter.Write(
            _folder["x"], [Tensors.Random("x", WeightType.U8, [10])], cancellation: new CancellationToken(true)));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_ANameTwice_Refuses() => Assert.Throws<BadInputException>(() => SafetensorsWriter.Write(
        _folder["x"], [Tensors.Random("x", WeightType.U8, [1]), Tensors.Random("x", WeightType.U8, [1])]));

    [Fact]
    public void Write_ATensorThatCannotFit_RefusesBeforeWriting()
    {
        var huge = new ComputedTensor(new TensorInfo("x", WeightType.U8, [1L << 60]), (_, _) => Assert.Fail("read"));
        var error = Assert.Throws<BadInputException>(() => SafetensorsWriter.Write(_folder["x"], [huge]));
        Assert.Contains("not enough space", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_EachTensor_IsReleasedOnceAfterItsLastRead()
    {
        var released = 0;
        var read = 0L;
        var tensor = new ComputedTensor(
            new TensorInfo("x", WeightType.U8, [(1 << 23) + 1]),
            (_, destination) => Interlocked.Add(ref read, destination.Length),
            () => { released++; Assert.Equal((1 << 23) + 1, read); });
        SafetensorsWriter.Write(_folder["x"], [tensor]);
        Assert.Equal(1, released);
    }
}
