using System.Text.Json;
using Caravan.Files;
using Caravan.Kernels;
using Caravan.Models.Adapters;
using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Models.Tests.Adapters;

public sealed class LoraAdapterTests : IDisposable
{
    private static readonly LoraConfig Config = new() { Rank = 4, Alpha = 8 };

    private readonly SmallModel _small = new();

    public void Dispose() => _small.Dispose();

    [Fact]
    public void Attach_AtFirst_ChangesNothing()
    {
        using var scope = new TensorScope();
        using var model = _small.Load();
        var before = SmallModel.Logits(model);
        using var adapter = LoraAdapter.Attach(model, Config, seed: 1);
        Assert.True(before.equal(SmallModel.Logits(model)));
    }

    [Fact]
    public void Parameters_HavePeftsNamesShapesAndInitialValues()
    {
        using var model = _small.Load();
        using var adapter = LoraAdapter.Attach(
            model, Config with { Targets = LoraTargets.Named("q_proj", "mlp.down_proj") }, seed: 1);
        Assert.Equal(
            [
                "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight [4, 64]",
                "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight [64, 4]",
                "base_model.model.model.layers.0.mlp.down_proj.lora_A.weight [4, 96]",
                "base_model.model.model.layers.0.mlp.down_proj.lora_B.weight [64, 4]",
            ],
            adapter.Parameters.Take(4).Select(pair => $"{pair.Key} [{string.Join(", ", pair.Value.Shape)}]"));
        using var scope = new TensorScope();
        foreach (var (name, parameter) in adapter.Parameters)
        {
            Assert.True(parameter.RequiresGrad);
            Assert.Equal(Dtype.Float32, parameter.Dtype);
            var greatest = parameter.abs().max().item();
            // Of at least 256 uniform numbers in ±b, the greatest is below 0.9 b once in 10¹¹.
            var bound = name.EndsWith("lora_B.weight", StringComparison.Ordinal) ? 0 : 1 / Math.Sqrt(parameter.Size(1));
            Assert.InRange(greatest, 0.9 * bound, bound);
        }
        Assert.DoesNotContain(model.Parameters, pair => pair.Value.RequiresGrad);
    }

    [Theory]
    [InlineData(WeightPrecision.Full, Dtype.Float32, 1e-4)]
    [InlineData(WeightPrecision.Nf4, Dtype.Float32, 1e-4)]
    [InlineData(WeightPrecision.Int8, Dtype.Float32, 1e-4)]
    // bf16 keeps 8 bits of every weight, activation and sum: 0.4 % each time, some thirty times.
    [InlineData(WeightPrecision.Full, Dtype.BFloat16, 0.03)]
    [InlineData(WeightPrecision.Nf4, Dtype.BFloat16, 0.03)]
    public void Merge_LeavesTheLogits(WeightPrecision linears, Dtype dtype, double tolerance)
    {
        using var scope = new TensorScope();
        using var model = _small.Load(dtype, linears: linears);
        using var adapter = LoraAdapter.Attach(model, Config, seed: 1);
        var untrained = SmallModel.Logits(model);
        Disturb(adapter);
        var expected = SmallModel.Logits(model);
        Assert.True((expected - untrained).norm().item() > 0.1 * untrained.norm().item(), "the adapter does nothing");
        adapter.Merge();
        var merged = SmallModel.Logits(model);
        AssertClose(expected, merged, tolerance);
        Assert.All(model.Linears.Values, linear => Assert.Null(linear.Quantized));
        Assert.Empty(adapter.Parameters);

        ModelFolder.Save(model, _small.SubFolder("merged"));
        using var loaded = ModelFolder.Load(_small.SubFolder("merged"), dtype);
        Assert.True(merged.equal(SmallModel.Logits(loaded)));
    }

    // Fused projections, biases, transposed weights, norms after the sums: all that layers have around them.
    [Theory]
    [InlineData("gpt2", WeightPrecision.Full), InlineData("gpt2", WeightPrecision.Nf4)]
    [InlineData("gpt_neox_parallel", WeightPrecision.Nf4), InlineData("opt", WeightPrecision.Int8)]
    [InlineData("opt_350m", WeightPrecision.Nf4), InlineData("olmo2", WeightPrecision.Nf4)]
    public void Merge_OnOtherArchitectures_LeavesTheLogits(string architecture, WeightPrecision linears)
    {
        using var scope = new TensorScope();
        var folder = Repository.Golden("architectures", architecture);
        using var model = ModelFolder.Load(folder, new LoadOptions { Linears = linears });
        using var adapter = LoraAdapter.Attach(model, Config, seed: 1);
        Disturb(adapter);
        var expected = SmallModel.Logits(model);
        adapter.Save(_small.SubFolder("adapter"));
        adapter.Merge();
        AssertClose(expected, SmallModel.Logits(model), 1e-4);
        ModelFolder.Save(model, _small.SubFolder("merged"));
        using var merged = ModelFolder.Load(_small.SubFolder("merged"), Dtype.Float32);
        AssertClose(expected, SmallModel.Logits(merged), 1e-4);
    }

    [Fact]
    public void Merge_WithRslora_ScalesByTheRootOfTheRank()
    {
        using var scope = new TensorScope();
        using var model = _small.Load();
        using var adapter = LoraAdapter.Attach(
            model, new LoraConfig { Rank = 16, Alpha = 8, UseRslora = true, Targets = LoraTargets.Named("o_proj") }, 1);
        Disturb(adapter);
        var linear = model.Linears["model.layers.1.self_attn.o_proj"];
        var before = linear.Weight.clone();
        var factors = adapter.Parameters.Where(pair => pair.Key.Contains("layers.1."))
            .Select(pair => pair.Value.clone()).ToArray();
        adapter.Merge();
        AssertClose(before + factors[1].mm(factors[0]) * 2, linear.Weight, 1e-6);
        // Taking the change off again gives back the weight within rounding.
        AssertClose(before, linear.Weight - factors[1].mm(factors[0]) * 2, 1e-6);
    }

    [Theory]
    [InlineData(WeightPrecision.Full, Dtype.Float32), InlineData(WeightPrecision.Nf4, Dtype.BFloat16)]
    public void Save_ThenLoad_GivesTheSameModel(WeightPrecision linears, Dtype dtype)
    {
        using var scope = new TensorScope();
        var folder = _small.SubFolder("adapter");
        using var model = _small.Load(dtype, linears: linears);
        Tensor expected;
        using (var adapter = LoraAdapter.Attach(
            model, Config with { Targets = LoraTargets.Matching(@".*\.(q|v)_proj") }, 1, "base"))
        {
            Disturb(adapter);
            adapter.Save(folder);
            expected = SmallModel.Logits(model);
        }
        Assert.False(expected.equal(SmallModel.Logits(model)));

        using var loaded = LoraAdapter.Load(model, folder);
        Assert.True(expected.equal(SmallModel.Logits(model)));
        Assert.All(loaded.Parameters, pair => Assert.True(pair.Value.RequiresGrad));
        loaded.Save(_small.SubFolder("again"));
        foreach (var file in Directory.GetFiles(folder))
            Assert.Equal(File.ReadAllBytes(file),
                File.ReadAllBytes(Path.Combine(_small.SubFolder("again"), Path.GetFileName(file))));
    }

    [Fact]
    public void Save_WritesPeftsConfiguration()
    {
        using var model = _small.Load(forTraining: true);
        using var adapter = LoraAdapter.Attach(
            model, Config with { Dropout = 0.1, ModulesToSave = ["embed_tokens"] }, 1, "org/base");
        adapter.Save(_small.SubFolder("adapter"));
        var config = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(_small.SubFolder("adapter"), "adapter_config.json"))).RootElement;
        Assert.Equal("LORA", config.GetProperty("peft_type").GetString());
        Assert.Equal("org/base", config.GetProperty("base_model_name_or_path").GetString());
        Assert.Equal(4, config.GetProperty("r").GetInt32());
        Assert.Equal(8, config.GetProperty("lora_alpha").GetInt32());
        Assert.Equal(0.1, config.GetProperty("lora_dropout").GetDouble());
        Assert.Equal(
            ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
            config.GetProperty("target_modules").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("embed_tokens", config.GetProperty("modules_to_save")[0].GetString());
        using var file = TensorFile.Open(Path.Combine(_small.SubFolder("adapter"), "adapter_model.safetensors"));
        Assert.Equal(2 * 7 * 2 + 1, file.Names.Count());
        Assert.Contains("base_model.model.model.embed_tokens.weight", file.Names);
    }

    [Fact]
    public void Disable_GivesTheBaseUntilDisposed()
    {
        using var scope = new TensorScope();
        using var model = _small.Load(forTraining: true);
        var expected = SmallModel.Logits(model);
        using var adapter = LoraAdapter.Attach(model, Config with { ModulesToSave = ["embed_tokens", "norm"] }, 1);
        Disturb(adapter);
        var adapted = SmallModel.Logits(model);
        using (adapter.Disable())
            Assert.True(expected.equal(SmallModel.Logits(model)));
        Assert.True(adapted.equal(SmallModel.Logits(model)));
        Assert.False(adapted.equal(expected));
    }

    [Theory]
    [InlineData(WeightPrecision.Full, Dtype.Float32), InlineData(WeightPrecision.Nf4, Dtype.BFloat16)]
    [InlineData(WeightPrecision.Int8, Dtype.BFloat16)]
    public void Training_LowersTheLoss(WeightPrecision linears, Dtype dtype)
    {
        using var model = _small.Load(dtype, linears: linears);
        model.Dropout = new DropoutStream(1);
        using var adapter = LoraAdapter.Attach(model, Config with { Dropout = 0.05 }, seed: 1);
        var states = adapter.Parameters.Select(pair => AdamW.CreateState(pair.Value)).ToArray();
        double first = 0, last = 0;
        for (var step = 1; step <= 60; step++)
        {
            using var scope = new TensorScope();
            var loss = SmallModel.Loss(model);
            loss.backward();
            foreach (var ((_, parameter), state) in adapter.Parameters.Zip(states))
            {
                AdamW.Update(parameter, parameter.Grad!, state, new AdamWStep(1e-2, 0.9, 0.999, 1e-8, 0, step, 1));
                parameter.Grad = null;
            }
            (first, last) = (step == 1 ? loss.item() : first, loss.item());
        }
        Assert.True(last < 0.25 * first, $"from {first} to {last}");
        Assert.Equal(60, model.Dropout.Passes);
    }

    [Fact]
    public void Dropout_GoesOnWhereItStopped()
    {
        using var scope = new TensorScope();
        using var model = _small.Load();
        using var adapter = LoraAdapter.Attach(model, Config with { Dropout = 0.5 }, seed: 9);
        Disturb(adapter);
        Assert.Equal(SmallModel.Loss(model).item(), SmallModel.Loss(model).item()); // no stream, no dropout
        model.Dropout = new DropoutStream(9);
        var series = Enumerable.Range(0, 4).Select(_ => SmallModel.Loss(model).item()).ToArray();
        Assert.Equal(4, series.Distinct().Count());

        model.Dropout = new DropoutStream(9) { Passes = 2 };
        double[] continued = [SmallModel.Loss(model).item(), SmallModel.Loss(model).item()];
        Assert.Equal(series[2..], continued);
        using var noGradients = GradientMode.Disable();
        Assert.Equal(SmallModel.Loss(model).item(), SmallModel.Loss(model).item());
        Assert.Equal(4, model.Dropout.Passes);
    }

    [Theory]
    [InlineData(WeightPrecision.Full), InlineData(WeightPrecision.Nf4)]
    public void Gradients_WithCheckpointing_AreTheSameBitForBit(WeightPrecision linears)
    {
        using var model = _small.Load(linears: linears);
        using var adapter = LoraAdapter.Attach(model, Config with { Dropout = 0.3 }, seed: 1);
        Disturb(adapter);
        Tensor[] Gradients(bool checkpointing)
        {
            model.GradientCheckpointing = checkpointing;
            model.Dropout = new DropoutStream(5);
            // Two forward passes before the first backward pass: each must be computed again with its own masks.
            var (first, second) = (SmallModel.Loss(model), SmallModel.Loss(model));
            (first + second * 2).backward();
            var gradients = adapter.Parameters.Select(pair => pair.Value.Grad!.clone()).ToArray();
            foreach (var (_, parameter) in adapter.Parameters)
                parameter.Grad = null;
            return gradients;
        }

        using var scope = new TensorScope();
        var (kept, recomputed) = (Gradients(false), Gradients(true));
        Assert.All(kept.Zip(recomputed), pair => Assert.True(pair.First.equal(pair.Second)));
    }

    [Fact]
    public void Attach_WithTargetsThatMatchNothing_NamesTheLayersThereAre()
    {
        using var model = _small.Load();
        var error = Assert.Throws<BadInputException>(
            () => LoraAdapter.Attach(model, Config with { Targets = LoraTargets.Named("query_key_value") }, 1));
        Assert.Contains("query_key_value", error.Message);
        Assert.Contains("q_proj, k_proj, v_proj", error.Message);
    }

    [Fact]
    public void Attach_WithAModuleToSaveThatIsNotThere_NamesIt()
    {
        using var model = _small.Load(forTraining: true, linears: WeightPrecision.Nf4);
        Assert.Contains("'lm_heads'", Assert.Throws<BadInputException>(
            () => LoraAdapter.Attach(model, Config with { ModulesToSave = ["lm_heads"] }, 1)).Message);
        Assert.Contains("quantised", Assert.Throws<BadInputException>(
            () => LoraAdapter.Attach(model, Config with { ModulesToSave = ["o_proj"] }, 1)).Message);
    }

    [Fact]
    public void Attach_ToAMappedModel_RefusesToTrainItsParameters()
    {
        using var model = _small.Load();
        Assert.Throws<InvalidOperationException>(
            () => LoraAdapter.Attach(model, Config with { ModulesToSave = ["embed_tokens"] }, 1));
        Assert.Throws<InvalidOperationException>(model.RequireGradients);
    }

    [Fact]
    public void Load_OfAnAdapterForAnotherModel_NamesTheTensorAndBothShapes()
    {
        using var other = new SmallModel(hidden: 32);
        using var source = other.Load();
        using (var adapter = LoraAdapter.Attach(source, Config, 1, "other"))
            adapter.Save(other.SubFolder("adapter"));
        using var model = _small.Load();
        var error = Assert.Throws<BadInputException>(() => LoraAdapter.Load(model, other.SubFolder("adapter")));
        Assert.Contains("model.layers.0.self_attn.q_proj.lora_A.weight", error.Message);
        Assert.Contains("[64, 64]", error.Message);
        Assert.Contains("[4, 32]", error.Message);
        Assert.Contains("(other)", error.Message);
        Assert.All(model.Linears.Values, linear => Assert.Null(linear.Adapter));
    }

    private static void Disturb(LoraAdapter adapter)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        using var generator = new RandomGenerator(8);
        foreach (var (_, parameter) in adapter.Parameters)
            parameter.add_(Tensor.randn([.. parameter.Shape], generator) * 0.05);
    }

    private static void AssertClose(Tensor expected, Tensor found, double tolerance)
    {
        var error = (expected - found).norm().item() / expected.norm().item();
        Assert.True(error <= tolerance, $"off by {error:g3} of the whole");
    }
}
