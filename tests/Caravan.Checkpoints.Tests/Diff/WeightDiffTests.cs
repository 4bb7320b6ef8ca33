using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

public sealed class WeightDiffTests : IDisposable
{
    private static readonly WeightDiffOptions Compat = new() { Compat = true };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MakeAndRecover_Compat_EqualPyTorchBitForBit()
    {
        WeightDiff.Make(
            Repository.Golden("checkpoints", "raw"), Repository.Golden("checkpoints", "tuned"), _folder["diff"], Compat,
            new());
        Weights.AssertEqual(Repository.Golden("checkpoints", "diff"), _folder["diff"]);
        WeightDiff.Recover(
            Repository.Golden("checkpoints", "raw"), Repository.Golden("checkpoints", "diff"), _folder["out"], Compat,
            new());
        Weights.AssertEqual(Repository.Golden("checkpoints", "recovered.safetensors"), _folder["out"]);
        Assert.Equal(
            ["config.json", "model.safetensors"], Directory.GetFiles(_folder["diff"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void RowMean_OfManyRows_EqualsPyTorchBitForBit()
    {
        using var golden = SafetensorsFile.Open(Repository.Golden("checkpoints", "mean.safetensors"));
        Assert.Equal(
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(golden["mean"].ReadAll()).ToArray(),
            RowMean.Compute(golden["rows"]));
    }

    [Theory]
    [InlineData(PadRow.Mean, 1L << 40)]
    [InlineData(PadRow.Zero, 20_000)]
    public void MakeAndRecover_AnyNumbers_GiveBackEveryBit(PadRow padRow, long shard)
    {
        // Random bits: huge, tiny, negative zeros; base and tuned have nothing in common.
        var raw = Weights.Model(
            _folder["raw"], Bits("model.embed_tokens.weight", [90, 33], 1), Bits("model.norm.weight", [77], 2));
        var tuned = Weights.Model(
            _folder["tuned"], Bits("model.embed_tokens.weight", [95, 33], 3), Bits("model.norm.weight", [77], 4));
        WeightDiff.Make(
            raw, tuned, _folder["diff"], new() { PadRow = padRow },
            new() { MaxShardSize = shard, AllowNonFinite = true });
        var report = WeightDiff.Recover(raw, _folder["diff"], _folder["out"], new(), new());
        Weights.AssertEqual(tuned, _folder["out"]);
        var saved = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder["out"], "recover_report.json")))!;
        Assert.Equal(
            report.Shards[0].Sha256,
            (string?)saved["sha256"]!["model.safetensors"]);
    }

    [Theory]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.BF16)]
    public void MakeAndRecover_16Bit_GiveBackTheSameNumbers(WeightType type)
    {
        WeightConverter.Convert(
            Repository.Golden("checkpoints", "tuned"), _folder["tuned"], null, new() { Type = type });
        WeightConverter.Convert(Repository.Golden("checkpoints", "raw"), _folder["raw"], null, new() { Type = type });
        WeightDiff.Make(_folder["raw"], _folder["tuned"], _folder["diff"], new(), new());
        WeightDiff.Recover(_folder["raw"], _folder["diff"], _folder["out"], new(), new() { Type = type });
        Weights.AssertEqual(_folder["tuned"], _folder["out"]);
        Assert.Equal(type, ModelConfigFile.Read(_folder["out"]).WeightType);
    }

    [Theory]
    [InlineData(WeightType.BF16, 1L << 40)]
    [InlineData(WeightType.BF16, 300_000)]
    [InlineData(WeightType.F16, 300_000)]
    [InlineData(WeightType.F32, 300_000)]
    public void Recover_AnyTypes_AddsInSinglePrecisionAndRoundsOnce(WeightType type, long shard)
    {
        // More than a piece, and a tile that is not full at its end.
        long[] shape = [3, 50_001];
        WeightTensor[] raw =
            [Bits("a", shape, 1).As(WeightType.BF16), Bits("b", shape, 2).As(type), Bits("c", shape, 3)];
        WeightTensor[] diff =
            [Bits("a", shape, 4).As(WeightType.BF16), Bits("b", shape, 5), Bits("c", shape, 6).As(type)];
        WeightDiff.Recover(
            Weights.Model(_folder["raw"], raw), Weights.Model(_folder["diff"], diff), _folder["out"], new(),
            new() { Type = type, MaxShardSize = shard, Saturate = true, AllowNonFinite = true });
        using var written = ModelWeights.Open(_folder["out"]);
        for (var i = 0; i < raw.Length; i++)
        {
            var (x, y) = (Singles(raw[i]), Singles(diff[i]));
            var expected = Tensors.Of(raw[i].Info.Name, shape, [.. x.Zip(y, (a, b) => a + b)]);
            Assert.Equal(
                CastTensor.To(type, expected, saturate: true).ReadAll(), written[expected.Info.Name].ReadAll());
        }
    }

    [Fact]
    public void Make_InterruptedAndRunAgain_GivesTheSameDiff()
    {
        var raw = Weights.Model(_folder["raw"], [.. Enumerable.Range(0, 4).Select(i => Bits($"t{i}", [50, 5], i))]);
        var tuned = Weights.Model(
            _folder["tuned"], [.. Enumerable.Range(0, 4).Select(i => Bits($"t{i}", [50, 5], i + 10))]);
        var output = new WeightOutputOptions { MaxShardSize = 1000, AllowNonFinite = true };
        WeightDiff.Make(raw, tuned, _folder["whole"], new(), output);
        using var stop = new CancellationTokenSource();
        var stopAfterThree = new Progress(done => { if (done.Bytes == 3000) stop.Cancel(); });
        Assert.Throws<OperationCanceledException>(() => WeightDiff.Make(
            raw, tuned, _folder["diff"], new(), output, stopAfterThree, stop.Token));
        var finished = _folder["diff.partial/model-00001-of-00004.safetensors"];
        var time = File.GetLastWriteTimeUtc(finished);
        WeightDiff.Make(raw, tuned, _folder["diff"], new(), output);
        Assert.Equal(time, File.GetLastWriteTimeUtc(_folder["diff/model-00001-of-00004.safetensors"]));
        var names = Directory.GetFiles(_folder["diff"]).Select(Path.GetFileName).Order().ToList();
        Assert.Equal(Directory.GetFiles(_folder["whole"]).Select(Path.GetFileName).Order(), names);
        Assert.Contains("caravan-diff.corrections", names);
        WeightDiff.Recover(raw, _folder["diff"], _folder["out"], new(), new());
        Weights.AssertEqual(tuned, _folder["out"]);
    }

    [Fact]
    public void Recover_OntoAnotherBase_NamesTheTensorAndWritesNothing()
    {
        WeightDiff.Make(
            Repository.Golden("checkpoints", "raw"), Repository.Golden("checkpoints", "tuned"), _folder["diff"], new(),
            new());
        WeightConverter.Convert(
            Repository.Golden("checkpoints", "raw"), _folder["other"], null, new() { Type = WeightType.BF16 });
        var error = Assert.Throws<BadInputException>(
            () => WeightDiff.Recover(_folder["other"], _folder["diff"], _folder["out"], new(), new()));
        Assert.Contains("is not the one that the diff was made of", error.Message);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Recover_AnotherShapeOrArchitecture_NamesTensorAndShapes()
    {
        var raw = Weights.Model(_folder["raw"], Bits("a", [3, 4], 1));
        var wider = Weights.Model(_folder["wider"], Bits("a", [3, 5], 1));
        var other = Weights.Model(_folder["other"], Bits("b", [3, 4], 1));
        var error = Assert.Throws<BadInputException>(() => WeightDiff.Make(raw, wider, _folder["x"], new(), new()));
        Assert.Contains("'a' has shape [3, 5], but [3, 4]", error.Message);
        error = Assert.Throws<BadInputException>(() => WeightDiff.Recover(raw, other, _folder["x"], new(), new()));
        Assert.Contains("'b' [3, 4] is not in the base model", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path, "x*"));
    }

    [Fact]
    public void Recover_AWrongSum_IsRefused()
    {
        var error = Assert.Throws<BadInputException>(() => WeightDiff.Recover(
            Repository.Golden("checkpoints", "raw"), Repository.Golden("checkpoints", "diff"), _folder["out"],
            Compat with { ExpectedSum = 50637.1836 }, new()));
        Assert.Contains("50637.1836", error.Message);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public void Recover_IntoTheBaseOrAFullFolder_IsRefused()
    {
        var raw = Weights.Model(_folder["raw"], Bits("a", [3, 4], 1));
        Assert.Contains("folder of an input", Assert.Throws<BadInputException>(
            () => WeightDiff.Recover(raw, raw, raw, Compat, new() { Overwrite = true })).Message);
        var full = Weights.Model(_folder["full"], Bits("a", [3, 4], 1));
        Assert.Contains("not empty", Assert.Throws<BadInputException>(
            () => WeightDiff.Recover(raw, raw, full, Compat, new())).Message);
    }

    private sealed class Progress(Action<WriteProgress> report) : IProgress<WriteProgress>
    {
        public void Report(WriteProgress value) => report(value);
    }

    private static float[] Singles(WeightTensor tensor) =>
        MemoryMarshal.Cast<byte, float>(tensor.As(WeightType.F32).ReadAll()).ToArray();

    /// <summary>Finite singles of all magnitudes.</summary>
    private static WeightTensor Bits(string name, long[] shape, int seed)
    {
        var random = new Random(seed);
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(random.NextDouble() - 0.5) * MathF.Pow(10, random.Next(-30, 30))
                * (random.Next(8) == 0 ? -0f : 1);
        }
        return Tensors.Of(name, shape, values);
    }
}
