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
        Assert.Contains(optimizer.State, pair =>
            pair.Key == "w.master" && Math.Abs(pair.Value.mean().item() - 0.9) < 1e-5);
    }
}
