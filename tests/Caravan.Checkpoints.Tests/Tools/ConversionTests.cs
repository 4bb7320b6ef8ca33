using Caravan.Files;

namespace Caravan.Checkpoints.Tests;

public sealed class ConversionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Convert_MetasFiles_GivesHuggingFacesTensors(int ranks)
    {
        WeightConverter.Convert(Repository.Golden($"meta{ranks}"), _folder["out"], new());
        Weights.AssertEqual(Repository.Golden("meta.safetensors"), _folder["out"]);
        var config = ModelConfigFile.Read(_folder["out"]);
        Assert.Equal((32, 48, 2, 8, 4, 64), (config.GetInt("hidden_size"), config.GetInt("intermediate_size"),
            config.GetInt("num_hidden_layers"), config.GetInt("num_attention_heads"), config.GetInt("num_key_value_heads"),
            config.GetInt("vocab_size")));
        Assert.Equal(WeightType.BF16, config.WeightType);
        Assert.Equal(4096, config.GetInt("max_position_embeddings"));
    }

    [Fact]
    public void Convert_MetasFilesWithOneMissing_SaysWhich()
    {
        Directory.CreateDirectory(_folder["meta"]);
        foreach (var name in new[] { "params.json", "consolidated.01.pth" })
            File.Copy(Path.Combine(Repository.Golden("meta2"), name), Path.Combine(_folder["meta"], name));
        Assert.Contains("consolidated.00.pth", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(_folder["meta"], _folder["out"], new())).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Consolidate_ZeroStages_GivesTheParameters(int stage)
    {
        WeightConverter.Consolidate(Repository.Golden($"zero{stage}"), _folder["out"], null, "model.", false, new());
        Weights.AssertEqual(Repository.Golden("zero.safetensors"), _folder["out"]);
        WeightConverter.Consolidate(
            Repository.Golden($"zero{stage}"), _folder["bin"], "global_step10", "model.", false, new() { Format = WeightFormat.Torch });
        using var weights = ModelWeights.Open(_folder["bin"]);
        Assert.Equal("lm_head.weight", weights.Aliases["tied"]);
    }

    [Fact]
    public void Consolidate_ARankMissing_SaysIncomplete()
    {
        Directory.CreateDirectory(_folder["zero/global_step10"]);
        foreach (var file in Directory.GetFiles(Repository.Golden("zero2/global_step10")).Where(file => !file.Contains("rank_1")))
            File.Copy(file, Path.Combine(_folder["zero/global_step10"], Path.GetFileName(file)));
        Assert.Contains("3 ranks, but 2 optimizer files", Assert.Throws<BadInputException>(
            () => WeightConverter.Consolidate(_folder["zero"], _folder["out"], "global_step10", null, false, new())).Message);
        Assert.Contains("latest", Assert.Throws<BadInputException>(
            () => WeightConverter.Consolidate(_folder["zero"], _folder["out"], null, null, false, new())).Message);
        Assert.Contains("should be stripped", Assert.Throws<BadInputException>(() => WeightConverter.Consolidate(
            Repository.Golden("zero2"), _folder["out"], null, "wrapper.", false, new())).Message);
    }

    [Fact]
    public void Merge_AnAdapter_EqualsPyTorch()
    {
        LoraMerge.Run(Repository.Golden("lora-base"), Repository.Golden("lora"), _folder["out"], false, new());
        Weights.AssertEqual(Repository.Golden("lora-merged.safetensors"), _folder["out"]);
        Assert.Equal(10, ModelConfigFile.Read(_folder["out"]).GetInt("vocab_size"));
    }

    [Fact]
    public void Merge_AnAdapterOfAnotherModel_NamesItsTensor() => Assert.Contains(
        "lora_A", Assert.Throws<BadInputException>(
            () => LoraMerge.Run(Repository.Golden("raw"), Repository.Golden("lora"), _folder["out"], false, new())).Message);

    [Fact]
    public void Merge_Models_AveragesWithNormalisedWeights()
    {
        var a = Weights.Model(_folder["a"], Tensors.Of("x", [2], 1, 10));
        var b = Weights.Model(_folder["b"], Tensors.Of("x", [2], 3, 20));
        ModelMerge.Run([a, b], [1, 3], _folder["out"], new());
        Assert.Equal([2.5f, 17.5f], Weights.Read(_folder["out"], "x"));
        Assert.Contains("add up to 0", Assert.Throws<BadInputException>(
            () => ModelMerge.Run([a, b], [1, -1], _folder["no"], new())).Message);
        var c = Weights.Model(_folder["c"], Tensors.Of("x", [1], 3));
        Assert.Contains("[1], but [2]", Assert.Throws<BadInputException>(
            () => ModelMerge.Run([a, c], null, _folder["no"], new())).Message);
    }

    [Fact]
    public void Convert_ToBinAndBack_KeepsEveryBit()
    {
        WeightConverter.Convert(Repository.Golden("tuned"), _folder["bin"], new() { Format = WeightFormat.Torch, MaxShardSize = 20_000 });
        Assert.True(File.Exists(Path.Combine(_folder["bin"], "pytorch_model.bin.index.json")));
        WeightConverter.Convert(_folder["bin"], _folder["out"], new());
        Weights.AssertEqual(Repository.Golden("tuned"), _folder["out"]);
    }

    [Fact]
    public void Convert_NumbersThatDoNotFit_AreNamedOrSaturated()
    {
        var model = Weights.Model(_folder["m"], Tensors.Of("x", [2], 1e6f, 1), Tensors.Of("y", [1], float.NaN));
        var half = new WeightOutputOptions { Type = WeightType.F16 };
        Assert.Contains("float16 in x", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(model, _folder["out"], half)).Message);
        Assert.Contains("infinite numbers in y", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(model, _folder["out"], half with { Saturate = true })).Message);
        var report = WeightConverter.Convert(model, _folder["out"], half with { Saturate = true, AllowNonFinite = true });
        Assert.Contains("y", Assert.Single(report.Warnings));
        Assert.Equal([65504f, 1], Weights.Read(_folder["out"], "x"));
    }

    [Fact]
    public void Convert_Interrupted_GoesOnBehindTheFinishedShards()
    {
        var model = Weights.Model(
            _folder["m"], [.. Enumerable.Range(0, 4).Select(i => Tensors.Random($"t{i}", WeightType.U8, [1000], i))]);
        var options = new WeightOutputOptions { MaxShardSize = 1000 };
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => WeightConverter.Convert(
            model, _folder["out"], options, new Progress(done => { if (done.Bytes == 2000) stop.Cancel(); }), stop.Token));
        Assert.False(Directory.Exists(_folder["out"]));
        var first = Path.Combine(_folder["out"] + ".partial", "model-00001-of-00004.safetensors");
        var time = File.GetLastWriteTimeUtc(first);
        WeightConverter.Convert(model, _folder["out"], options);
        Weights.AssertEqual(model, _folder["out"]);
        Assert.Equal(time, File.GetLastWriteTimeUtc(Path.Combine(_folder["out"], "model-00001-of-00004.safetensors")));
        Assert.False(File.Exists(Path.Combine(_folder["out"], "caravan-progress.json")));
    }

    [Fact]
    public void Inspection_OfAModel_FindsHashesSumAndBadNumbers()
    {
        var model = Weights.Model(_folder["m"], Tensors.Of("x", [2], 1, 2), Tensors.Of("y", [1], float.PositiveInfinity));
        var inspection = ModelInspection.Run(model);
        Assert.Equal(["y"], inspection.NonFinite);
        var bytes = File.ReadAllBytes(Path.Combine(model, "model.safetensors"));
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), inspection.Sha256["model.safetensors"]);
    }

    private sealed class Progress(Action<WriteProgress> report) : IProgress<WriteProgress>
    {
        public void Report(WriteProgress value) => report(value);
    }
}
