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
        WeightConverter.Convert(Repository.Golden("checkpoints", $"meta{ranks}"), _folder["out"], null, new());
        Weights.AssertEqual(Repository.Golden("checkpoints", "meta.safetensors"), _folder["out"]);
        var config = ModelConfigFile.Read(_folder["out"]);
        Assert.Equal((32, 48, 2, 8, 4, 64), (config.GetInt("hidden_size"), config.GetInt("intermediate_size"),
            config.GetInt("num_hidden_layers"), config.GetInt("num_attention_heads"),
            config.GetInt("num_key_value_heads"),
            config.GetInt("vocab_size")));
        Assert.Equal(WeightType.BF16, config.WeightType);
        Assert.Equal(4096, config.GetInt("max_position_embeddings"));
    }

    [Fact]
    public void Convert_MetasFilesWithOneMissing_SaysWhich()
    {
        Directory.CreateDirectory(_folder["meta"]);
        foreach (var name in new[] { "params.json", "consolidated.01.pth" })
        {
            File.Copy(
                Path.Combine(Repository.Golden("checkpoints", "meta2"), name), Path.Combine(_folder["meta"], name));
        }
        Assert.Contains("consolidated.00.pth", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(_folder["meta"], _folder["out"], null, new())).Message);
    }

    [Fact]
    public void Convert_MetasFilesWithTheLastMissing_SaysThatTheWidthIsWrong()
    {
        Directory.CreateDirectory(_folder["meta"]);
        foreach (var name in new[] { "params.json", "consolidated.00.pth" })
        {
            File.Copy(
                Path.Combine(Repository.Golden("checkpoints", "meta2"), name), Path.Combine(_folder["meta"], name));
        }
        Assert.Contains("A file is missing", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(_folder["meta"], _folder["out"], null, new())).Message);
    }

    [Fact]
    public void Convert_MetasFilesWithAWrongSum_NamesTheFile()
    {
        CopyMeta();
        File.WriteAllText(
            Path.Combine(_folder["meta"], "checklist.chk"), $"{new string('0', 32)}  consolidated.00.pth\n");
        Assert.Contains("MD5", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(_folder["meta"], _folder["out"], null, new())).Message);
    }

    [Fact]
    public void Convert_MetasFilesWithScaledRotary_WritesItsParameters()
    {
        CopyMeta();
        var path = Path.Combine(_folder["meta"], "params.json");
        const string more =
            """{"use_scaled_rope": true, "rope_theta": 500000, "multiple_of": 48, "ffn_dim_multiplier": 0.5, """;
        File.WriteAllText(path, File.ReadAllText(path).Replace("{", more));
        WeightConverter.Convert(_folder["meta"], _folder["out"], null, new());
        var config = ModelConfigFile.Read(_folder["out"]);
        Assert.Equal(131072, config.GetInt("max_position_embeddings"));
        Assert.Equal("llama3", config.FindObject("rope_scaling")!.GetString("rope_type"));
        File.WriteAllText(path, File.ReadAllText(path).Replace("0.5", "1.5"));
        Assert.Contains("gives 144 rows", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(_folder["meta"], _folder["no"], null, new())).Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("ds_universal_step10")]
    public void Consolidate_AUniversalCheckpoint_GivesTheParameters(string? tag)
    {
        WeightConverter.Consolidate(
            Repository.Golden("checkpoints", "universal"), _folder["out"], tag, "model.", false, new());
        using var expected = SafetensorsFile.Open(Repository.Golden("checkpoints", "zero.safetensors"));
        using var actual = ModelWeights.Open(_folder["out"]);
        Assert.Equal(4, actual.Tensors.Count);
        Assert.All(actual.Tensors, info => Assert.Equal(expected[info.Name].ReadAll(), actual[info.Name].ReadAll()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Consolidate_ZeroStages_GivesTheParameters(int stage)
    {
        WeightConverter.Consolidate(
            Repository.Golden("checkpoints", $"zero{stage}"), _folder["out"], null, "model.", false, new());
        Weights.AssertEqual(Repository.Golden("checkpoints", "zero.safetensors"), _folder["out"]);
        WeightConverter.Consolidate(
            Repository.Golden("checkpoints", $"zero{stage}"), _folder["bin"], "global_step10", "model.", false,
            new() { Format = WeightFormat.Torch });
        using var weights = ModelWeights.Open(_folder["bin"]);
        Assert.Equal("lm_head.weight", weights.Aliases["tied"]);
    }

    [Fact]
    public void Consolidate_ARankMissing_SaysIncomplete()
    {
        Directory.CreateDirectory(_folder["zero/global_step10"]);
        var files = Directory.GetFiles(Repository.Golden("checkpoints", "zero2/global_step10"));
        foreach (var file in files.Where(file => !file.Contains("rank_1")))
            File.Copy(file, Path.Combine(_folder["zero/global_step10"], Path.GetFileName(file)));
        Assert.Contains("3 ranks, but 2 optimizer files", Assert.Throws<BadInputException>(
            () => WeightConverter.Consolidate(_folder["zero"], _folder["out"], "global_step10", null, false,
                new())).Message);
        Assert.Contains("latest", Assert.Throws<BadInputException>(
            () => WeightConverter.Consolidate(_folder["zero"], _folder["out"], null, null, false, new())).Message);
        Assert.Contains("should be stripped", Assert.Throws<BadInputException>(() => WeightConverter.Consolidate(
            Repository.Golden("checkpoints", "zero2"), _folder["out"], null, "wrapper.", false, new())).Message);
    }

    [Fact]
    public void Merge_AnAdapter_EqualsPyTorch()
    {
        LoraMerge.Run(
            Repository.Golden("checkpoints", "lora"), _folder["out"],
            new() { BaseModel = Repository.Golden("checkpoints", "lora-base") }, new());
        Weights.AssertEqual(Repository.Golden("checkpoints", "lora-merged.safetensors"), _folder["out"]);
        Assert.Equal(10, ModelConfigFile.Read(_folder["out"]).GetInt("vocab_size"));
    }

    [Fact]
    public void Merge_AnAdapterOfAnotherModel_NamesItsTensor() => Assert.Contains(
        "lora_A", Assert.Throws<BadInputException>(
            () => LoraMerge.Run(Repository.Golden("checkpoints", "lora"), _folder["out"],
                new() { BaseModel = Repository.Golden("checkpoints", "raw") }, new())).Message);

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
        WeightConverter.Convert(
            Repository.Golden("checkpoints", "tuned"), _folder["bin"], null,
            new() { Format = WeightFormat.Torch, MaxShardSize = 20_000 });
        Assert.True(File.Exists(Path.Combine(_folder["bin"], "pytorch_model.bin.index.json")));
        WeightConverter.Convert(_folder["bin"], _folder["out"], null, new());
        Weights.AssertEqual(Repository.Golden("checkpoints", "tuned"), _folder["out"]);
    }

    [Fact]
    public void Convert_NumbersThatDoNotFit_AreNamedOrSaturated()
    {
        var model = Weights.Model(_folder["m"], Tensors.Of("x", [2], 1e6f, 1), Tensors.Of("y", [1], float.NaN));
        var half = new WeightOutputOptions { Type = WeightType.F16 };
        Assert.Contains("float16 in x", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(model, _folder["out"], null, half)).Message);
        Assert.Contains("infinite numbers in y", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(model, _folder["out"], null, half with { Saturate = true })).Message);
        var report = WeightConverter.Convert(
            model, _folder["out"], null, half with { Saturate = true, AllowNonFinite = true });
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
            model, _folder["out"], null, options, new Progress(done => { if (done.Bytes == 3000) stop.Cancel(); }),
            stop.Token));
        Assert.False(Directory.Exists(_folder["out"]));
        // Two are written at a time: one of the first two is finished when the third is on its way.
        var finished = Directory.GetFiles(_folder["out"] + ".partial", "*.safetensors");
        Assert.NotEmpty(finished);
        var times = finished.ToDictionary(file => Path.GetFileName(file), File.GetLastWriteTimeUtc);
        WeightConverter.Convert(model, _folder["out"], null, options);
        Weights.AssertEqual(model, _folder["out"]);
        foreach (var (name, time) in times)
            Assert.Equal(time, File.GetLastWriteTimeUtc(Path.Combine(_folder["out"], name)));
        Assert.False(File.Exists(Path.Combine(_folder["out"], "caravan-progress.json")));
    }

    [Fact]
    public void Convert_WithADamagedRecordOfProgress_StartsAnew()
    {
        var model = Weights.Model(_folder["m"], Tensors.Of("x", [2], 1, 2));
        Directory.CreateDirectory(_folder["out.partial"]);
        File.WriteAllText(_folder["out.partial/caravan-progress.json"], "{");
        File.WriteAllText(_folder["out.partial/rest"], "x");
        WeightConverter.Convert(model, _folder["out"], null, new());
        Assert.Equal(
            ["config.json", "model.safetensors"], Directory.GetFiles(_folder["out"]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Convert_AModelQuantisedOtherwise_SaysWhatCanBeRead()
    {
        var model = Weights.Model(_folder["m"], Tensors.Of("x", [2], 1, 2));
        File.WriteAllText(Path.Combine(model, "config.json"), """{"quantization_config": {"quant_method": "gptq"}}""");
        Assert.Contains("'quantization_config.quant_method' is \"gptq\"", Assert.Throws<BadInputException>(
            () => WeightConverter.Convert(model, _folder["out"], null, new())).Message);
    }

    [Fact]
    public void Convert_TooLittleSpace_RefusesBeforeAnythingIsWritten()
    {
        // A sparse file of 2^50 bytes cannot be made everywhere; a tensor that repeats one number can.
        var huge = new ComputedTensor(new TensorInfo("x", WeightType.U8, [1L << 60]), (_, _) => Assert.Fail("read"));
        var output = ModelOutput.Begin(_folder["out"], [], new(), "test");
        Assert.Contains("not enough space", Assert.Throws<BadInputException>(
            () => output.WriteWeights([huge], new Dictionary<string, string>(), null, null, default)).Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Merge_AnAdapterIntoAnNf4Base_EqualsPyTorch()
    {
        using var golden = SafetensorsFile.Open(Repository.Golden("nf4", "lora.safetensors"));
        Directory.CreateDirectory(_folder["base"]);
        File.Copy(
            Repository.Golden("nf4", "bitsandbytes.safetensors"), Path.Combine(_folder["base"], "model.safetensors"));
        File.WriteAllText(Path.Combine(_folder["base"], "config.json"), """
            {"model_type": "llama", "torch_dtype": "float32",
             "quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": true,
                 "bnb_4bit_quant_type": "nf4"}}
            """);
        SafetensorsWriter.Write(
            Path.Combine(Directory.CreateDirectory(_folder["lora"]).FullName, "adapter_model.safetensors"), [
            golden["a"].Renamed("base_model.model.layer.lora_A.weight"),
            golden["b"].Renamed("base_model.model.layer.lora_B.weight"),
        ]);
        File.WriteAllText(
            Path.Combine(_folder["lora"], "adapter_config.json"), """{"peft_type": "LORA", "r": 4, "lora_alpha": 6}""");
        // The base is in NF4 already: rounding it once more must change nothing.
        var merge = new LoraMergeOptions { BaseModel = _folder["base"], QuantizedBase = true };
        LoraMerge.Run(_folder["lora"], _folder["out"], merge, new() { Type = WeightType.F32 });
        AssertClose(Floats32(golden["merged"]), Weights.Read(_folder["out"], "layer.weight"));
        Assert.DoesNotContain("quantization_config", ModelConfigFile.Read(_folder["out"]).Keys);
        WeightConverter.Convert(_folder["base"], _folder["plain"], null, new());
        AssertClose(Floats32(golden["dequantised"]), Weights.Read(_folder["plain"], "layer.weight"));
        Assert.DoesNotContain("quantization_config", ModelConfigFile.Read(_folder["plain"]).Keys);
    }

    [Fact]
    public void Merge_ATokenizerLongerThanTheBase_AddsRowsOfTheMean()
    {
        var model = Weights.Model(
            _folder["base"], Tensors.Of("model.embed_tokens.weight", [2, 2], 1, 2, 3, 4),
            Tensors.Of("model.layers.0.q_proj.weight", [1, 2], 0, 0));
        Directory.CreateDirectory(_folder["lora"]);
        SafetensorsWriter.Write(Path.Combine(_folder["lora"], "adapter_model.safetensors"), [
            Tensors.Of("base_model.model.model.layers.0.q_proj.lora_A.weight", [1, 2], 1, 2),
            Tensors.Of("base_model.model.model.layers.0.q_proj.lora_B.weight", [1, 1], 3),
        ]);
        File.WriteAllText(
            Path.Combine(_folder["lora"], "adapter_config.json"), """{"peft_type": "LORA", "r": 1, "lora_alpha": 1}""");
        LoraMerge.Run(_folder["lora"], _folder["out"], new() { BaseModel = model, VocabularyRows = 3 }, new());
        Assert.Equal([1, 2, 3, 4, 2, 3], Weights.Read(_folder["out"], "model.embed_tokens.weight"));
        Assert.Equal([3, 6], Weights.Read(_folder["out"], "model.layers.0.q_proj.weight"));
        Assert.Equal(3, ModelConfigFile.Read(_folder["out"]).GetInt("vocab_size"));
        var padded = new LoraMergeOptions { BaseModel = model, VocabularyRows = 3, VocabularyMultiple = 4 };
        LoraMerge.Run(_folder["lora"], _folder["padded"], padded, new());
        Assert.Equal([1, 2, 3, 4, 2, 3, 2, 3], Weights.Read(_folder["padded"], "model.embed_tokens.weight"));
        Assert.Equal(4, ModelConfigFile.Read(_folder["padded"]).GetInt("vocab_size"));
    }

    [Fact]
    public void Inspection_OfAModel_FindsHashesSumAndBadNumbers()
    {
        var model = Weights.Model(
            _folder["m"], Tensors.Of("x", [2], 1, 2), Tensors.Of("y", [1], float.PositiveInfinity));
        var inspection = ModelInspection.Run(model);
        Assert.Equal(["y"], inspection.NonFinite);
        var bytes = File.ReadAllBytes(Path.Combine(model, "model.safetensors"));
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)),
            inspection.Sha256["model.safetensors"]);
    }

    private void CopyMeta()
    {
        Directory.CreateDirectory(_folder["meta"]);
        foreach (var name in new[] { "params.json", "consolidated.00.pth" })
        {
            File.Copy(
                Path.Combine(Repository.Golden("checkpoints", "meta1"), name), Path.Combine(_folder["meta"], name));
        }
    }

    private static float[] Floats32(WeightTensor tensor) => Nf4StoredTensor.ReadFloats(tensor);

    /// <summary>The tolerance of <c>tests/golden/nf4/expected.json</c>: 1e-5 absolute and relative.</summary>
    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var tolerance = 1e-5f * (1 + MathF.Abs(expected[i]));
            Assert.InRange(actual[i], expected[i] - tolerance, expected[i] + tolerance);
        }
    }

    private sealed class Progress(Action<WriteProgress> report) : IProgress<WriteProgress>
    {
        public void Report(WriteProgress value) => report(value);
    }
}
