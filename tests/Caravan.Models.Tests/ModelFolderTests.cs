using System.Text.Json.Nodes;
using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Models.Tests;

public sealed class ModelFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-folder-").FullName;
    private readonly List<string> _warnings = [];

    [Theory]
    [InlineData("bin", 5_000_000_000), InlineData("bin", 20_000), InlineData("safetensors", 20_000)]
    public void Load_OfAnotherFormatOrOfShards_GivesTheSameLogits(string format, long maxShardSize)
    {
        foreach (var (architecture, name) in new[] { ("architectures", "gpt_neox_parallel"), ("llama", "tied") })
        {
            using var golden = new GoldenModel(architecture, name);
            var target = Path.Combine(_folder, name);
            WeightConverter.Convert(
                golden.Folder, target, null,
                new WeightOutputOptions
                {
                    Format = format == "bin" ? WeightFormat.Torch : WeightFormat.Safetensors,
                    MaxShardSize = maxShardSize,
                },
                null, TestContext.Current.CancellationToken);
            Assert.Equal(maxShardSize == 20_000, File.Exists(Path.Combine(target, format == "bin"
                ? "pytorch_model.bin.index.json" : "model.safetensors.index.json")));
            using var single = golden.Load();
            using var model = ModelFolder.Load(target, new LoadOptions { Strict = true, Warn = Assert.Fail });
            using var scope = new TensorScope();
            Assert.True(Logits(single, golden).equal(Logits(model, golden)));
        }
    }

    [Fact]
    public void Load_WithNamesMissing_NamesUpToTwentyOfThem()
    {
        var tensors = Golden("llama", "grouped");
        Write(tensors.Where(pair => !pair.Key.Contains("layers.1.", StringComparison.Ordinal)));
        var failure = Assert.Throws<BadInputException>(() => Load());
        Assert.Contains(
            "9 tensors 'model.layers.1.input_layernorm.weight', ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("are missing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WithNamesLeftOver_WarnsOrFails()
    {
        var tensors = Golden("llama", "grouped");
        tensors.Add("model.layers.0.self_attn.rotary_emb.inv_freq", Tensor.ones([2]));
        Write(tensors);
        using (Load())
            Assert.Empty(_warnings);
        tensors.Add("model.layers.0.mlp.extra.weight", Tensor.ones([2, 2]));
        Write(tensors);
        using (Load())
            Assert.Contains(
                "'model.layers.0.mlp.extra.weight' is not part", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => Load(new LoadOptions { Strict = true }));
    }

    [Fact]
    public void Load_WithAHeadBesideATiedEmbedding_WarnsWhereTheyDiffer()
    {
        var tensors = Golden("llama", "tied");
        var embedding = tensors["model.embed_tokens.weight"];
        tensors.Add("lm_head.weight", embedding.clone());
        Write(tensors);
        using (Load())
            Assert.Empty(_warnings);
        tensors["lm_head.weight"] = embedding + 1;
        Write(tensors);
        using var model = Load();
        Assert.Contains("differs from the embedding", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.True(model.OutputWeight.equal(embedding));
    }

    [Fact]
    public void Load_WithAnotherShape_NamesTensorAndBothShapes()
    {
        var tensors = Golden("llama", "grouped");
        tensors["model.norm.weight"] = Tensor.ones([7]);
        Write(tensors);
        var failure = Assert.Throws<BadInputException>(() => Load());
        Assert.Contains("'model.norm.weight' has shape [7], expected [", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40), InlineData(60)]
    public void Load_WithAnotherVocabularySize_KeepsWhatItCan(int rows)
    {
        var tensors = Golden("llama", "grouped");
        Write(tensors);
        using var model = Load(new LoadOptions { VocabularySize = rows, Seed = 1, ForTraining = true });
        using var again = Load(new LoadOptions { VocabularySize = rows, Seed = 1 });
        Assert.Equal(rows, model.VocabularySize);
        foreach (var name in new[] { "model.embed_tokens.weight", "lm_head.weight" })
        {
            var (found, stored) = (model.Parameters.Single(pair => pair.Key == name).Value, tensors[name]);
            var kept = Math.Min(rows, stored.Size(0));
            Assert.Equal(rows, found.Size(0));
            Assert.True(found.narrow(0, 0, kept).equal(stored.narrow(0, 0, kept)));
            Assert.True(found.equal(again.Parameters.Single(pair => pair.Key == name).Value));
        }
    }

    [Fact]
    public void Load_WithOtherVocabularyRowsThanTheConfiguration_FailsOrTakesThem()
    {
        var tensors = Golden("llama", "grouped");
        var rows = tensors["lm_head.weight"].Size(0);
        Write(tensors);
        var config = ModelConfigFile.Read(_folder);
        config.Set("vocab_size", (int)rows + 3);
        config.Write(_folder);
        var failure = Assert.Throws<BadInputException>(() => Load());
        Assert.Contains("'model.embed_tokens.weight' has shape [", failure.Message, StringComparison.Ordinal);
        Assert.Contains("--ignore-vocab-rows", failure.Message, StringComparison.Ordinal);
        using var model = Load(new LoadOptions { IgnoreVocabularyRows = true });
        Assert.Equal(rows, model.VocabularySize);
        Assert.Equal(rows, model.Config.GetInt("vocab_size"));
        Assert.Contains($"has {rows} rows, which count", Assert.Single(_warnings), StringComparison.Ordinal);
        // Only the vocabulary's rows.
        tensors["lm_head.weight"] = Tensor.ones([rows - 1, tensors["lm_head.weight"].Size(1)]);
        Write(tensors);
        Assert.Throws<BadInputException>(() => Load(new LoadOptions { IgnoreVocabularyRows = true }));
    }

    [Fact]
    public void Load_ForTraining_NeverChangesTheFile()
    {
        var tensors = Golden("llama", "grouped");
        Write(tensors);
        var path = Path.Combine(_folder, "model.safetensors");
        var before = File.ReadAllBytes(path);
        using (var model = Load(new LoadOptions { ForTraining = true }))
        {
            foreach (var (_, parameter) in model.Parameters)
                parameter.add_(1);
            Assert.True(model.OutputWeight.equal(tensors["lm_head.weight"] + 1));
        }
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(Dtype.Float32, Dtype.BFloat16), InlineData(Dtype.BFloat16, Dtype.Float32)]
    [InlineData(Dtype.Float32, Dtype.Float16), InlineData(Dtype.Float16, Dtype.BFloat16)]
    [InlineData(Dtype.Float64, Dtype.Float32), InlineData(Dtype.Int32, Dtype.Float32)]
    public void Load_IntoAnotherType_RoundsAsLibtorch(Dtype stored, Dtype wanted)
    {
        var tensors = Golden("llama", "grouped");
        // More than one piece of the conversion.
        var rows = 30_000;
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"] =
            Tensor.randn([rows, 24], new RandomGenerator(2)) * 100;
        var config = ModelConfigFile.Read(_folder);
        config.Set("vocab_size", rows);
        config.Write(_folder);
        Write(tensors.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.to(stored))));
        using var model = Load(new LoadOptions { Dtype = wanted });
        foreach (var (name, parameter) in model.Parameters)
            Assert.True(parameter.equal(tensors[name].to(stored).to(wanted)), name);
    }

    [Fact]
    public void Load_ForTrainingOfTensorsThatShareBytes_GivesEachItsOwn()
    {
        // An untied configuration over a PyTorch file in which both names stand for one storage.
        var tensors = Golden("llama", "grouped");
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"];
        Write(tensors);
        var target = Path.Combine(_folder, "bin");
        WeightConverter.Convert(
            _folder, target, null, new WeightOutputOptions { Format = WeightFormat.Torch }, null,
            TestContext.Current.CancellationToken);
        using var model = ModelFolder.Load(target, new LoadOptions { ForTraining = true });
        model.OutputWeight.add_(1);
        Assert.True(model.Parameters.First().Value.equal(tensors["model.embed_tokens.weight"]));
    }

    [Theory]
    [InlineData("model_type", "\"bloom\"", "gpt2, gpt_neox, llama, mistral, olmo, olmo2, opt, qwen2")]
    [InlineData("model_type", "\"hf_olmo\"", "-hf")]
    [InlineData("quantization_config", "{\"quant_method\": \"gptq\"}", "'quantization_config.quant_method'")]
    [InlineData("rope_scaling", "{\"rope_type\": \"longrope\"}", "'rope_scaling.rope_type' is \"longrope\"")]
    [InlineData("rope_scaling", "{\"type\": \"linear\"}", "'rope_scaling.factor' is missing")]
    [InlineData("rope_scaling", "{\"type\": \"yarn\", \"factor\": 2, \"mscale\": 1}", "'rope_scaling.mscale'")]
    [InlineData("num_key_value_heads", "3", "'num_key_value_heads' is 3")]
    [InlineData("hidden_act", "\"gelu\"", "'hidden_act'")]
    public void Load_OfAConfigurationThatIsNotSupported_NamesTheKey(string key, string value, string expected)
    {
        Write(Golden("llama", "grouped"));
        var path = Path.Combine(_folder, "config.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(path, json.ToJsonString());
        var failure = Assert.Throws<BadInputException>(() => Load());
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_FollowsThePublishedRules()
    {
        var config = ModelConfigFile.Create("opt", "OPTForCausalLM");
        foreach (var (key, value) in new[]
        {
            ("vocab_size", 500), ("hidden_size", 64), ("ffn_dim", 128), ("num_hidden_layers", 2),
                ("num_attention_heads", 4),
            ("pad_token_id", 1),
        })
        {
            config.Set(key, value);
        }
        config.Set("init_std", 0.05);
        using var generator = new RandomGenerator(0);
        using var model = ModelFolder.Create(config, generator);
        var parameters = model.Parameters.ToDictionary();
        var embedding = parameters["model.decoder.embed_tokens.weight"];
        // 32,000 draws: their deviation is known to 0.4 %.
        var deviation = embedding.norm().item() / Math.Sqrt(embedding.Count);
        Assert.InRange(deviation, 0.049, 0.051);
        Assert.Equal(0, embedding.select(0, 1).abs().max().item());
        Assert.Equal(1, parameters["model.decoder.final_layer_norm.weight"].abs().max().item());
        Assert.Equal(0, parameters["model.decoder.layers.0.fc1.bias"].abs().max().item());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private LanguageModel Load(LoadOptions? options = null)
    {
        _warnings.Clear();
        return ModelFolder.Load(_folder, (options ?? new LoadOptions()) with { Warn = _warnings.Add });
    }

    // The tensors of a golden model, whose configuration is put into the folder.
    private Dictionary<string, Tensor> Golden(string architecture, string name)
    {
        var golden = Repository.Golden(architecture, name);
        File.Copy(Path.Combine(golden, "config.json"), Path.Combine(_folder, "config.json"));
        using var file = TensorFile.Open(Path.Combine(golden, "model.safetensors"));
        return file.Names.ToDictionary(tensor => tensor, file.Read);
    }

    private void Write(IEnumerable<KeyValuePair<string, Tensor>> tensors) =>
        TensorFile.Write(Path.Combine(_folder, "model.safetensors"), tensors);

    private static Tensor Logits(LanguageModel model, GoldenModel golden) =>
        model.Logits(model.Forward(ModelInput.FromDocuments(golden.Documents)));
}
