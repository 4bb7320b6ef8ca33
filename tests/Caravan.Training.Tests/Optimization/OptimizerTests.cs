using System.Text.Json;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Models.Files;
using Caravan.Torch;
using Caravan.Training.Configuration;
using Caravan.Training.Optimization;

namespace Caravan.Training.Tests.Optimization;

public class OptimizerTests
{
    /// <summary>Five updates with warm-up, clipping and weight decay, as PyTorch's AdamW makes them; see
    /// <c>tests/golden/llama_gradients.py</c>.</summary>
    [Fact]
    public void Updates_WithClippingAndDecay_EqualPyTorchs()
    {
        var folder = Repository.Golden("llama", "tied");
        using var scope = new TensorScope();
        using var golden = TensorFile.Open(Path.Combine(folder, "expected.safetensors"));
        var facts = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json"))).RootElement;
        var targetTokens = facts.GetProperty("target_tokens").GetInt32();
        var settings = facts.GetProperty("adamw");
        double Setting(string name) => settings.GetProperty(name).GetDouble();
        using var model = ModelFolder.Load(folder, Dtype.Float32, forTraining: true);
        model.RequireGradients();
        var betas = settings.GetProperty("betas");
        using var optimizer = new Optimizer(
            model.Parameters, betas[0].GetDouble(), betas[1].GetDouble(), Setting("eps"), Setting("weight_decay"));
        var schedule = new LearningRateSchedule(
            LrSchedulerType.Linear, Setting("learning_rate"), settings.GetProperty("warmup_updates").GetInt32(), 5);
        int[][] documents = [.. Enumerable.Range(0, 3)
            .Select(i => golden.Read($"input_ids.{i}").Data<long>().ToArray().Select(id => (int)id).ToArray())];
        long[] targets = [.. Enumerable.Range(0, 3)
            .SelectMany(i => (long[])[.. golden.Read($"labels.{i}").Data<long>()[1..], -100])];
        for (var step = 0; step < 5; step++)
        {
            var hidden = model.Forward(ModelInput.FromDocuments(documents));
            var sum = LinearCrossEntropy.Sum(hidden, model.OutputWeight, Tensor.tensor(targets));
            var loss = sum * (1.0 / targetTokens);
            loss.backward();
            var norm = optimizer.GradientNorm();
            Assert.Equal(golden.Read("adamw.loss").Data<double>()[step], loss.item(), 2e-5);
            Assert.Equal(golden.Read("adamw.gradient_norm").Data<double>()[step], norm, 2e-4);
            Assert.Equal(golden.Read("adamw.learning_rate").Data<double>()[step], schedule.At(step), 1e-12);
            optimizer.Step(schedule.At(step), Math.Min(1, Setting("max_gradient_norm") / (norm + 1e-6)));
        }
        var tolerance = settings.GetProperty("tolerance");
        foreach (var (name, parameter) in model.Parameters)
        {
            var expected = golden.Read($"adamw.parameter.{name}");
            var allowed = expected.abs() * tolerance.GetProperty("relative").GetDouble()
                + tolerance.GetProperty("absolute").GetDouble();
            Assert.True((parameter.detach() - expected).abs().sub(allowed).max().item() <= 0, name);
        }
    }

    [Fact]
    public void Bfloat16Parameters_KeepFp32Masters_ThatSmallUpdatesAddUpIn()
    {
        using var scope = new TensorScope();
        var parameter = Tensor.ones([4, 4], Dtype.BFloat16);
        parameter.RequiresGrad = true;
        using var optimizer = new Optimizer([KeyValuePair.Create("w", parameter)], 0.9, 0.999, 1e-8, 0);
        for (var step = 0; step < 100; step++)
        {
            parameter.mul(Tensor.ones([4, 4], Dtype.BFloat16)).sum().backward();
            optimizer.Accumulate();
            // Less than bf16 can take away from 1: each alone would be lost.
            optimizer.Step(1e-3, 1);
        }
        Assert.Equal(0.9, parameter.detach().to(Dtype.Float32).mean().item(), 5e-3);
        var remainder = optimizer.State.Single(pair => pair.Key == "w.remainder").Value;
        Assert.Equal(0.9, MasterWeights.Join(parameter, remainder).mean().item(), 1e-5);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public void Restore_OfRemaindersOrOfWholeMasters_GoesOnAsIfNothingHadHappened(bool ofMasters)
    {
        var folder = Directory.CreateTempSubdirectory("caravan-optimizer-");
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(3);
        var initial = Tensor.randn([40, 3], generator).to(Dtype.BFloat16);
        Tensor[] gradients = [.. Enumerable.Range(0, 6).Select(_ => Tensor.randn([40, 3], generator))];
        var (whole, stopped, resumed) = (initial.clone(), initial.clone(), Tensor.empty([40, 3], Dtype.BFloat16));
        using var uninterrupted = OptimizerOf(whole);
        Step(uninterrupted, whole, gradients);
        using var first = OptimizerOf(stopped);
        Step(first, stopped, gradients[..3]);
        var path = Path.Combine(folder.FullName, "optimizer.safetensors");
        TensorFile.Write(path, ofMasters ? first.State.Select(WithMaster) : first.State);
        resumed.copy_(stopped.detach());
        using var second = OptimizerOf(resumed);
        using (var saved = TensorFile.Open(path))
            second.Restore(3, saved);
        folder.Delete(recursive: true);
        Step(second, resumed, gradients[3..]);
        Assert.True(whole.equal(resumed));
        foreach (var (expected, actual) in uninterrupted.State.Zip(second.State))
            Assert.True(expected.Value.equal(actual.Value), expected.Key);

        // As versions before remainders saved it.
        KeyValuePair<string, Tensor> WithMaster(KeyValuePair<string, Tensor> pair) => pair.Key == "w.remainder"
            ? KeyValuePair.Create("w.master", MasterWeights.Join(stopped, pair.Value))
            : pair;
    }

    private static Optimizer OptimizerOf(Tensor parameter)
    {
        parameter.RequiresGrad = true;
        return new Optimizer([KeyValuePair.Create("w", parameter)], 0.9, 0.999, 1e-8, 0.1);
    }

    private static void Step(Optimizer optimizer, Tensor parameter, Tensor[] gradients)
    {
        foreach (var gradient in gradients)
        {
            parameter.mul(gradient.to(Dtype.BFloat16)).sum().backward();
            optimizer.Step(1e-3, 1);
        }
    }
}
