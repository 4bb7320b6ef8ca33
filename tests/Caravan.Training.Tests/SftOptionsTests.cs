using System.Text;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Models.Adapters;
using Caravan.Models.Files;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training.Run;

namespace Caravan.Training.Tests;

public sealed class SftOptionsTests : IDisposable
{
    private readonly TinyRun _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("mean"), InlineData("sum")]
    public void OriginalReductions_DependOnHowAnUpdateIsSplit(string reduction)
    {
        (string, string)[] one = [("max_train_steps", "1"), ("warmup_ratio", "0"), ("reduce_loss", reduction)];
        TinyRun.Run(_tiny.Config("one",
            [.. one, ("per_device_train_batch_size", "4"), ("gradient_accumulation_steps", "1")]));
        TinyRun.Run(_tiny.Config("four",
            [.. one, ("per_device_train_batch_size", "1"), ("gradient_accumulation_steps", "4")]));
        Assert.NotEqual(Metrics("one")[1]["gradient_norm"]!.ToString(),
            Metrics("four")[1]["gradient_norm"]!.ToString());
        Assert.Equal((double)Metrics("one")[1]["train_loss"]!, (double)Metrics("four")[1]["train_loss"]!, 1e-5);
    }

    [Fact]
    public void Noise_ChangesTheTraining_TheSameWayEveryTime()
    {
        TinyRun.Run(_tiny.Config("plain"));
        TinyRun.Run(_tiny.Config("noisy", ("neftune_noise_alpha", "5")));
        TinyRun.Run(_tiny.Config("again", ("neftune_noise_alpha", "5")));
        Assert.NotEqual(Weights("plain"), Weights("noisy"));
        Assert.Equal(Weights("noisy"), Weights("again"));
    }

    [Theory]
    [InlineData("use_lora"), InlineData("use_qlora")]
    public void Adapter_StoppedAndResumed_EndsBitForBitAsWithoutTheStop(string method)
    {
        (string, string)[] keys =
            [(method, "true"), ("lora_rank", "4"), ("lora_dropout", "0.2"), ("modules_to_save", "lm_head")];
        TinyRun.Run(_tiny.Config("whole", keys));
        TinyRun.Run(_tiny.Config("parts", keys), stopAfter: 2);
        TinyRun.Run(_tiny.Config("parts", keys), stopAfter: 3);
        TinyRun.Run(_tiny.Config("parts", keys));
        Assert.Equal(Weights("whole", LoraWeights.FileName), Weights("parts", LoraWeights.FileName));
    }

    [Theory]
    [InlineData("use_lora"), InlineData("use_qlora")]
    public void MergedModel_GivesTheLogitsOfBaseAndAdapter(string method)
    {
        TinyRun.Run(_tiny.Config("out", (method, "true"), ("save_merged_lora_model", "true"), ("lora_rank", "4"),
            ("max_train_steps", "20")));
        using var scope = new TensorScope();
        using var merged = ModelFolder.Load(_tiny.Path("out"), Dtype.Float32);
        var precision = method == "use_qlora" ? WeightPrecision.Nf4 : WeightPrecision.Full;
        using var model = ModelFolder.Load(_tiny.Model, new LoadOptions { Dtype = Dtype.Float32, Linears = precision });
        var input = ModelInput.FromDocuments([[5, 6, 7], [8, 9]]);
        using var noGradients = GradientMode.Disable();
        var before = model.Logits(model.Forward(input));
        using var adapter = LoraAdapter.Load(model, _tiny.Path("out/adapter"));
        var expected = model.Logits(model.Forward(input));
        Assert.True((expected - before).abs().max().item() > 1e-3, "the adapter has learned nothing");
        Assert.True((merged.Logits(merged.Forward(input)) - expected).abs().max().item() < 2e-5);
    }

    [Fact]
    public void GradientCheckpointing_ChangesNoBit()
    {
        (string, string)[] keys =
            [("use_lora", "true"), ("lora_rank", "4"), ("lora_dropout", "0.2"), ("neftune_noise_alpha", "5")];
        TinyRun.Run(_tiny.Config("kept", keys));
        TinyRun.Run(_tiny.Config("recomputed", [.. keys, ("gradient_checkpointing", "true")]));
        Assert.Equal(Weights("kept", LoraWeights.FileName), Weights("recomputed", LoraWeights.FileName));
    }

    [Fact]
    public void FrozenParameters_StayAsTheyAre()
    {
        TinyRun.Run(_tiny.Config("out", ("freeze", """["model.embed_tokens", "model.layers.0"]""")));
        using var before = TensorFile.Open(Path.Combine(_tiny.Model, "model.safetensors"));
        using var after = TensorFile.Open(_tiny.Path("out/model.safetensors"));
        using var scope = new TensorScope();
        foreach (var name in before.Names)
        {
            var isFrozen = name.StartsWith("model.embed_tokens", StringComparison.Ordinal)
                || name.StartsWith("model.layers.0.", StringComparison.Ordinal);
            Assert.Equal(isFrozen, before.Read(name).equal(after.Read(name)));
        }
        var error = Assert.Throws<BadInputException>(() =>
            TinyRun.Run(_tiny.Config("other", ("freeze", "model.layer.0"))));
        Assert.Contains("no parameter is called model.layer.0", error.Message);
    }

    [Fact]
    public void WeightsThatTheModelDoesNotHave_AreRefused_WhereThatIsAskedFor()
    {
        ChangeWeights(tensors => tensors.Add("model.extra.weight", Tensor.ones([2])));
        var error = Assert.Throws<BadInputException>(() => TinyRun.Run(_tiny.Config("strict", ("strict", "true"))));
        Assert.Contains("'model.extra.weight' is not part of this architecture", error.Message);
        var (_, events) = TinyRun.Run(_tiny.Config("out", ("max_train_steps", "1")));
        Assert.Contains(events.OfType<Notice>(), notice => notice.Text.Contains("'model.extra.weight'"));
    }

    [Fact]
    public void WeightsOfFourBits_AreTrainedWithAnAdapterOnly()
    {
        SaveInFourBits("model.layers.0.self_attn.q_proj.weight");
        var error = Assert.Throws<BadInputException>(() => TinyRun.Run(_tiny.Config("full")));
        Assert.StartsWith($"{_tiny.Model}/config.json: quantization_config: ", error.Message);
        Assert.Contains("use_qlora", error.Message);
        (string, string)[] adapter = [("use_qlora", "true"), ("lora_rank", "4"), ("max_train_steps", "1")];
        TinyRun.Run(_tiny.Config("adapter", adapter));
        Assert.True(File.Exists(_tiny.Path($"adapter/{LoraWeights.FileName}")));
    }

    [Fact]
    public void TokensAddedToTheTokenizer_GetRows()
    {
        var before = Tokenizer.Load(_tiny.Model);
        before.WithPadToken("<|padding|>").Save(_tiny.Model);
        var (_, events) = TinyRun.Run(_tiny.Config("out"));
        Assert.Contains(events.OfType<Notice>(), notice =>
            notice.Text.Contains($"grows from {before.VocabularySize} to {before.VocabularySize + 1} rows"));
        using var model = ModelFolder.Load(_tiny.Path("out"), Dtype.Float32);
        Assert.Equal(before.VocabularySize + 1, model.VocabularySize);
        Assert.Equal(before.VocabularySize + 1, model.OutputWeight.Size(0));
    }

    [Fact]
    public void TokensAddedToTheTokenizer_BeginAtTheMean_WhereThatIsAskedFor()
    {
        var before = Tokenizer.Load(_tiny.Model);
        before.WithPadToken("<|padding|>").Save(_tiny.Model);
        TinyRun.Run(_tiny.Config("out", ("new_token_init", "mean"), ("learning_rate", "0")));
        using var scope = new TensorScope();
        using var saved = TensorFile.Open(_tiny.Path("out/model.safetensors"));
        foreach (var name in new[] { "model.embed_tokens.weight", "lm_head.weight" })
        {
            var weight = saved.Read(name);
            var mean = weight.narrow(0, 0, before.VocabularySize).mean(0);
            Assert.True((weight.narrow(0, before.VocabularySize, 1) - mean).abs().max().item() < 1e-7, name);
        }
    }

    [Fact]
    public void Adapter_ResumedOnAnotherBase_IsRefused()
    {
        (string, string)[] keys = [("use_lora", "true"), ("lora_rank", "4"), ("checkpointing_steps", "2")];
        TinyRun.Run(_tiny.Config("out", keys), stopAfter: 2);
        var config = ModelConfigFile.Read(_tiny.Model);
        using (var generator = new RandomGenerator(2))
        using (var other = ModelFolder.Create(config, generator))
            ModelFolder.Save(other, _tiny.Model);
        var error = Assert.Throws<BadInputException>(() => TinyRun.Run(_tiny.Config("out", keys)));
        Assert.Contains("this adapter was trained on another base model than " + _tiny.Model, error.Message);
        var named = _tiny.Path("out/checkpoints/step_2");
        error = Assert.Throws<BadInputException>(() =>
            TinyRun.Run(_tiny.Config("new", [.. keys, ("resume_from_checkpoint", named)])));
        Assert.Contains("another base model", error.Message);
    }

    [Fact]
    public void HeldOutLossThatDoesNotFall_EndsTheRun()
    {
        var (result, events) = TinyRun.Run(_tiny.Config(
            "out", ("max_train_steps", "40"), ("learning_rate", "0"), ("eval_steps", "1"),
                ("early_stopping_patience", "3")));
        Assert.Equal(3, result.Steps);
        Assert.False(result.Interrupted);
        Assert.Contains(events.OfType<Notice>(), notice => notice.Text.Contains("early_stopping_patience"));
        Assert.True(File.Exists(_tiny.Path("out/model.safetensors")));
    }

    [Fact]
    public void LossSpike_IsSkipped_CountedAndNamed()
    {
        var (_, events) = TinyRun.Run(_tiny.Config(
            "out", ("loss_spike_factor", "1.001"), ("learning_rate", "0"), ("max_skipped_updates", "100"),
                ("max_train_steps", "30")));
        var skipped = events.OfType<StepSkipped>().ToList();
        Assert.NotEmpty(skipped);
        Assert.All(skipped, step => Assert.NotEmpty(step.RecordIds));
        Assert.Equal(skipped.Count, (int)Metrics("out")
            .Last(line => line["skipped_updates"] is not null)["skipped_updates"]!);
        Assert.Equal(30, skipped.Count + events.OfType<StepCompleted>().Count());
    }

    [Fact]
    public void TimeLimit_EndsTheRunWithACheckpoint()
    {
        var (result, events) = TinyRun.Run(_tiny.Config("out", ("time_limit", "0.000001")));
        Assert.True(result.Interrupted);
        Assert.Single(events.OfType<CheckpointSaved>());
        Assert.False(TinyRun.Run(_tiny.Config("out")).Result.Interrupted);
    }

    [Fact]
    public void CheckpointsByEpoch_StandAtTheEpochsEnds()
    {
        var (_, events) = TinyRun.Run(_tiny.Config("out", ("max_train_steps", "14"), ("checkpointing_steps", "epoch")));
        // 32 records to train on, 3 a batch, 2 batches an update: 6 updates an epoch.
        Assert.Equal([6, 12], events.OfType<CheckpointSaved>().Select(checkpoint => checkpoint.Step));
    }

    [Fact]
    public void DamagedCheckpoint_IsPassedOver_AndTheResultIsTheSame()
    {
        (string, string)[] keys = [("checkpointing_steps", "1")];
        TinyRun.Run(_tiny.Config("whole", keys));
        TinyRun.Run(_tiny.Config("parts", keys), stopAfter: 4);
        var file = _tiny.Path("parts/checkpoints/step_4/model.safetensors");
        var bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        var (_, events) = TinyRun.Run(_tiny.Config("parts", keys));
        Assert.Contains(events.OfType<Notice>(), notice => notice.Text.Contains("step_4: this checkpoint is damaged"));
        Assert.Equal(4, events.OfType<StepCompleted>().First().Step);
        Assert.Equal(Weights("whole"), Weights("parts"));
    }

    [Fact]
    public void FinishedRun_LeavesItsRecord()
    {
        TinyRun.Run(_tiny.Config("first"));
        TinyRun.Run(_tiny.Config("out", ("eval_steps", "2"), ("learning_rate", "0.02"),
            ("compare", _tiny.Path("first"))));
        var report = File.ReadAllText(_tiny.Path("out/report.html"));
        foreach (var part in new[] { "Held-out perplexity", "Sample conversations", "Compared with",
            "<td class=\"number\">0.02</td>", "Data files" })
            Assert.Contains(part, report);
        var card = File.ReadAllText(_tiny.Path("out/README.md"));
        Assert.Contains("is model, trained further to follow instructions, by supervised finetuning", card);
        Assert.Contains("terms among the training data are: **none stated (none can be relied on)**", card);
        Assert.Contains("<|assistant|>", card);
        Assert.Contains("| train.jsonl | 40 | all |", card);
        Assert.Contains("| learning_rate | 0.02 |", card);
        var data = JsonNode.Parse(File.ReadAllText(_tiny.Path("out/data.json")))!;
        Assert.Equal(40, (int)data["sources"]![0]!["records"]!);
        Assert.NotEmpty(Directory.GetFiles(_tiny.Path("out"), "events.out.tfevents.*"));
        Assert.Equal(4 * 3, File.ReadLines(_tiny.Path("out/samples.jsonl")).Count());
    }

    [Fact]
    public void AnswersWithoutAnEnd_AreRefused_UnlessTheGateIsOpen()
    {
        // A template that writes no end-of-sequence token.
        var tokenizer = Tokenizer.Load(_tiny.Model);
        tokenizer.WithChatTemplate(
            "{% for m in messages %}{{ m.role }}: {% if m.role == 'assistant' %}{% generation %}" +
            "{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %} {% endfor %}" +
            "{% if add_generation_prompt %}assistant: {% endif %}").Save(_tiny.Model);
        var error = Assert.Throws<BadInputException>(() =>
            TinyRun.Run(_tiny.Config("out", ("chat_template_name", "tokenizer"))));
        Assert.Contains("the end of an answer is not learned", error.Message);
        Assert.Contains("tiny-", error.Message);
        Assert.False(Directory.Exists(_tiny.Path("out")));
        TinyRun.Run(_tiny.Config("out", ("chat_template_name", "tokenizer"), ("preflight", "warn")));
    }

    private byte[] Weights(string run, string file = "model.safetensors") =>
        File.ReadAllBytes(_tiny.Path($"{run}/{file}"));

    private JsonNode[] Metrics(string run) =>
        [.. File.ReadLines(_tiny.Path($"{run}/metrics.jsonl")).Select(line => JsonNode.Parse(line)!)];

    private void ChangeWeights(Action<Dictionary<string, Tensor>> change)
    {
        using var scope = new TensorScope();
        var path = Path.Combine(_tiny.Model, "model.safetensors");
        Dictionary<string, Tensor> tensors;
        using (var file = TensorFile.Open(path))
            tensors = file.Names.ToDictionary(name => name, file.Read);
        change(tensors);
        TensorFile.Write(path, tensors);
    }

    // As bitsandbytes does it, without double quantisation.
    private void SaveInFourBits(string name)
    {
        ChangeWeights(tensors =>
        {
            var weight = Nf4Weight.Quantize(tensors[name], doubleQuantization: false);
            byte[] codes = [.. Enumerable.Range(0, 8).Select(i => (byte)(2 * i << 4 | (2 * i + 1)))];
            var levels = new Nf4Weight(1, 16, Tensor.tensor(codes), BlockScales.Exact(Tensor.ones([1])));
            var shape = $"[{weight.Rows}, {weight.Columns}]";
            var state = $$"""{"quant_type": "nf4", "blocksize": 64, "dtype": "float32", "shape": {{shape}}}""";
            tensors[name] = weight.Packed.view(-1, 1);
            tensors[$"{name}.absmax"] = weight.Scales.Parts[0];
            tensors[$"{name}.quant_map"] = levels.Dequantize(Dtype.Float32).view(-1);
            tensors[$"{name}.quant_state.bitsandbytes__nf4"] = Tensor.tensor(Encoding.UTF8.GetBytes(state));
        });
        var config = Path.Combine(_tiny.Model, "config.json");
        var json = JsonNode.Parse(File.ReadAllText(config))!;
        json["quantization_config"] = JsonNode.Parse(
            """{"quant_method": "bitsandbytes", "load_in_4bit": true, "bnb_4bit_quant_type": "nf4"}""");
        File.WriteAllText(config, json.ToJsonString());
    }
}
