using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

/// <summary>
/// Files of EasyLM's format are made by an independent writer: see <c>tests/golden/checkpoints/make.py</c>.
/// </summary>
public sealed class EasyLmTests : IDisposable
{
    private static readonly string Golden = Repository.Golden("checkpoints", "easylm");

    private readonly TemporaryFolder _folder = TemporaryFolder.InMemory();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("streaming_params")]
    [InlineData("streaming_train_state")]
    public void Convert_EasyLmsFiles_GivesHuggingFacesTensors(string file)
    {
        WeightConverter.Convert(Path.Combine(Golden, file), _folder["out"], Golden, new());
        Weights.AssertEqual(Repository.Golden("checkpoints", "meta.safetensors"), _folder["out"]);
        Assert.Equal(WeightType.BF16, ModelConfigFile.Read(_folder["out"]).WeightType);
    }

    [Fact]
    public void Convert_ToEasyLm_GivesTheBytesThatEasyLmReads()
    {
        WeightConverter.Convert(Path.Combine(Golden, "streaming_params"), _folder["hf"], Golden, new());
        WeightConverter.Convert(_folder["hf"], _folder["easylm"], null, new() { Format = WeightFormat.EasyLm });
        // An independent reader of the format, which gives each array's name, type, shape and the hash of its bytes.
        const string program = """
            import hashlib, struct, sys
            data, at = open(sys.argv[1], "rb").read(), 0
            def take(n):
                global at
                at += n
                return data[at - n:at]
            def read():
                c = take(1)[0]
                if c < 0x80: return c
                if 0x90 <= c < 0xa0: return [read() for _ in range(c & 15)]
                if 0xa0 <= c < 0xc0: return take(c & 31).decode()
                if c == 0xc4: return take(take(1)[0])
                if c == 0xc5: return take(struct.unpack(">H", take(2))[0])
                if c == 0xc6: return take(struct.unpack(">I", take(4))[0])
                if c == 0xc8 or c == 0xc9:
                    n = struct.unpack(*((">H", take(2)) if c == 0xc8 else (">I", take(4))))[0]
                    assert take(1)[0] == 1
                    end = at + n
                    value = read()
                    assert at == end
                    return value
                if c == 0xce: return struct.unpack(">I", take(4))[0]
                if c == 0xcf: return struct.unpack(">Q", take(8))[0]
                if c == 0xdb: return take(struct.unpack(">I", take(4))[0]).decode()
                raise ValueError(hex(c))
            lines = []
            while at < len(data):
                key, value = read()
                outer, at = (data, at), 0
                data = value
                shape, dtype, raw = read()
                assert at == len(data)
                data, at = outer
                lines.append("/".join(key) + f" {dtype} {shape} {hashlib.sha256(raw).hexdigest()}")
            print("\n".join(sorted(lines)))
            """;
        Assert.Equal(
            Python.Run(program, Path.Combine(Golden, "streaming_params")),
            Python.Run(program, Path.Combine(_folder["easylm"], "streaming_params")));
    }

    [Fact]
    public void Write_ArraysAboveTheLimit_AreCutAndReadBackWhole()
    {
        var config = ModelConfigFile.Read(Golden);
        using var source = EasyLmFile.Open(Path.Combine(Golden, "streaming_params"), config);
        WeightTensor[] tensors = [.. EasyLmWriter.FromHuggingFace("x", source.Tensors, config)];
        EasyLmWriter.Write(_folder["cut"], tensors, null, default, maxArrayLength: 500);
        using var cut = EasyLmFile.Open(_folder["cut"], config);
        Assert.Equal(source.Tensors.Count, cut.Tensors.Count);
        foreach (var (expected, found) in source.Tensors.Zip(cut.Tensors))
            Assert.Equal(expected.ReadAll(), found.ReadAll());
    }

    [Fact]
    public void Convert_AnEasyLmFileWithoutConfiguration_SaysWhatToGive() => Assert.Contains("--config-from",
        Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(Path.Combine(Golden, "streaming_params"), _folder["out"], null,
                new())).Message);

    [Fact]
    public void Convert_ATensorThatEasyLmHasNoPlaceFor_NamesIt()
    {
        var model = Weights.Model(_folder["m"], Tensors.Of("model.layers.0.self_attn.q_proj.bias", [1], 1));
        File.Copy(Path.Combine(Golden, "config.json"), Path.Combine(model, "config.json"), overwrite: true);
        Assert.Contains("q_proj.bias", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(model, _folder["out"], null,
                new() { Format = WeightFormat.EasyLm })).Message);
    }

    [Fact]
    public void Convert_Mutated_IsReadOrRefused()
    {
        var config = ModelConfigFile.Read(Golden);
        var good = File.ReadAllBytes(Path.Combine(Golden, "streaming_train_state"));
        Fuzzing.Run(good, 10_000, _folder["bad"], path =>
        {
            if (!EasyLmFile.IsEasyLm(path))
                throw new BadInputException($"{path}: not an EasyLM file");
            using var source = EasyLmFile.Open(path, config);
            foreach (var tensor in source.Tensors.Where(tensor => tensor.Info.ByteLength < 1 << 16))
                tensor.ReadAll();
        });
    }
}
