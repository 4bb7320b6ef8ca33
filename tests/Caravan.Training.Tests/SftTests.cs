using System.Text.Json.Nodes;
using Caravan.Files;
using Caravan.Models;
using Caravan.Models.Files;
using Caravan.Text;
using Caravan.Torch;
using Caravan.Training.Run;

namespace Caravan.Training.Tests;

public sealed class SftTests : IDisposable
{
    private readonly TinyRun _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Run_LowersTheHeldOutLoss_AndSavesAModelThatLoads()
    {
        var (result, events) = TinyRun.Run(_tiny.Config("out", ("max_train_steps", "40")));
        Assert.True(result.HeldOutLossAfter < 0.6 * result.HeldOutLossBefore, $"{result}");
        Assert.Equal(40, events.OfType<StepCompleted>().Count());
        using var model = ModelFolder.Load(_tiny.Path("out"), Dtype.Float32);
        Assert.Equal(result.HeldOutLossAfter, events.OfType<EvaluationCompleted>().Last().Loss);
        Assert.Equal(ChatTemplate.Tulu.JinjaSource, Tokenizer.Load(_tiny.Path("out")).ChatTemplateSource);
        var stop = Checkpoints.GenerationConfigFile.Find(_tiny.Path("out"))!.EosTokenIds;
        Assert.Equal([Tokenizer.Load(_tiny.Model).EosTokenId!.Value], stop);
        var metrics = File.ReadAllLines(_tiny.Path("out/metrics.jsonl")).Select(line => JsonNode.Parse(line)!)
            .ToArray();
        Assert.Equal(42, metrics.Length);
        Assert.Equal(result.HeldOutLossBefore, metrics[0]["eval_loss"]!.GetValue<double>());
    }

    [Theory]
    [InlineData("fp32"), InlineData("bf16")]
    public void Run_StoppedAndResumed_EndsBitForBitAsWithoutTheStop(string dtype)
    {
        TinyRun.Run(_tiny.Config("whole", ("dtype", dtype)));
        var config = _tiny.Config("parts", ("dtype", dtype));
        var (first, _) = TinyRun.Run(config, stopAfter: 2);
        Assert.True(first.Interrupted);
        var (second, _) = TinyRun.Run(config, stopAfter: 5);
        Assert.Equal(5, second.Steps);
        var (third, events) = TinyRun.Run(config);
        Assert.False(third.Interrupted);
        Assert.Equal(6, Assert.Single(events.OfType<StepCompleted>()).Step);
        Assert.Equal(first.HeldOutLossBefore, third.HeldOutLossBefore);

        Assert.Equal(File.ReadAllBytes(_tiny.Path("whole/model.safetensors")),
            File.ReadAllBytes(_tiny.Path("parts/model.safetensors")));
        Assert.Equal(Losses("whole"), Losses("parts"));
    }

    [Fact]
    public void AutomaticDtype_IsWhatTheProcessorMultiplies_AndStaysThatOfTheRun()
    {
        var fast = CpuFeatures.MultipliesBFloat16 ? "bf16" : "fp32";
        TinyRun.Run(_tiny.Config("new", ("dtype", "auto"), ("max_train_steps", "1")));
        Assert.Equal(fast, Recorded("new"));

        var other = fast == "bf16" ? "fp32" : "bf16";
        TinyRun.Run(_tiny.Config("begun", ("dtype", other)), stopAfter: 2);
        var (result, events) = TinyRun.Run(_tiny.Config("begun", ("dtype", "auto")));
        Assert.False(result.Interrupted);
        Assert.Equal(other, Recorded("begun"));
        Assert.Contains(events.OfType<Notice>(), notice => notice.Text.Contains(other));

        string? Recorded(string name) =>
            (string?)JsonNode.Parse(File.ReadAllText(_tiny.Path($"{name}/run.json")))!["configuration"]!["dtype"];
    }

    [Theory]
    [InlineData("fp32"), InlineData("bf16")]
    public void GradientCheckpointing_ChangesNoBit(string dtype)
    {
        TinyRun.Run(_tiny.Config("kept", ("dtype", dtype)));
        TinyRun.Run(_tiny.Config("computed", ("dtype", dtype), ("gradient_checkpointing", "true")));
        Assert.Equal(
            File.ReadAllBytes(_tiny.Path("kept/model.safetensors")),
            File.ReadAllBytes(_tiny.Path("computed/model.safetensors")));
    }

    // The band: each loss of bf16 within 4 % of fp32's and 0.02, their mean over the run within 1 %.
    [Theory]
    [InlineData("false", "false"), InlineData("true", "false"), InlineData("true", "true")]
    public void FiftyUpdatesInBf16_FollowFp32(string eightBits, string stochastic)
    {
        (string, string)[] run = [("max_train_steps", "50"), ("learning_rate", "0.003")];
        double[] Losses((string, string)[] keys, string name) =>
            [.. TinyRun.Run(_tiny.Config(name, keys)).Events.OfType<StepCompleted>().Select(step => step.Loss)];
        var exact = Losses(run, "fp32");
        var rounded = Losses(
            [.. run, ("dtype", "bf16"), ("eight_bit_optimizer", eightBits), ("stochastic_rounding", stochastic)],
            "bf16");
        Assert.Equal(50, rounded.Length);
        Assert.True(exact[^1] < 0.7 * exact[0]);
        for (var i = 0; i < exact.Length; i++)
            Assert.True(Math.Abs(rounded[i] - exact[i]) < 0.04 * exact[i] + 0.02, $"{i}: {rounded[i]}, not {exact[i]}");
        Assert.Equal(exact.Average(), rounded.Average(), 0.01 * exact.Average());
    }

    [Theory]
    [InlineData("4", "1", "false"), InlineData("1", "4", "false"), InlineData("2", "2", "false")]
    public void TokenMean_DoesNotDependOnHowAnUpdateIsSplit(string batch, string accumulation, string packing)
    {
        (string, string)[] one =
            [("max_train_steps", "1"), ("warmup_ratio", "0"), ("packing", packing), ("adam_epsilon", "1e-3")];
        TinyRun.Run(_tiny.Config("reference",
            [.. one, ("per_device_train_batch_size", "4"), ("gradient_accumulation_steps", "1")]));
        TinyRun.Run(_tiny.Config("split",
            [.. one, ("per_device_train_batch_size", batch), ("gradient_accumulation_steps", accumulation)]));
        using var scope = new TensorScope();
        using var reference = TensorFile.Open(_tiny.Path("reference/model.safetensors"));
        using var split = TensorFile.Open(_tiny.Path("split/model.safetensors"));
        foreach (var name in reference.Names)
            Assert.True((reference.Read(name) - split.Read(name)).abs().max().item() < 1e-6, name);
    }

    [Fact]
    public void SavedModel_Reloaded_GivesTheSameLogitsBitForBit()
    {
        TinyRun.Run(_tiny.Config("out"));
        using var scope = new TensorScope();
        using var model = ModelFolder.Load(_tiny.Path("out"), Dtype.Float32, forTraining: true);
        ModelFolder.Save(model, _tiny.Path("again"));
        using var again = ModelFolder.Load(_tiny.Path("again"), Dtype.Float32);
        var input = ModelInput.FromDocuments([[5, 6, 7], [8, 9]]);
        Assert.True(model.Logits(model.Forward(input)).equal(again.Logits(again.Forward(input))));
    }

    [Fact]
    public void HundredUpdates_LeaveTensorsAndMemoryFlat()
    {
        var live = new List<long>();
        var resident = new List<long>();
        var progress = new EveryStep(() =>
        {
            live.Add(Tensor.LiveCount);
            GC.Collect(); // what waits for the collector is no leak
            resident.Add(Environment.WorkingSet);
        });
        Sft.Run(_tiny.Config("out", ("max_train_steps", "120")), progress, default);
        Assert.Single(live[20..].Distinct());
        Assert.True(resident[^1] < resident[20] + (24 << 20),
            $"{resident[20]} bytes at update 20, {resident[^1]} at the end");
    }

    [Fact]
    public void OutputDirectory_OfSomethingElse_IsRefused()
    {
        Directory.CreateDirectory(_tiny.Path("out"));
        File.WriteAllText(_tiny.Path("out/thesis.txt"), "precious");
        var error = Assert.Throws<BadInputException>(() => TinyRun.Run(_tiny.Config("out")));
        Assert.Contains("holds no run of Caravan", error.Message);
        Assert.Equal("precious", File.ReadAllText(_tiny.Path("out/thesis.txt")));
    }

    [Fact]
    public void FinishedRun_IsNotRunAgain()
    {
        TinyRun.Run(_tiny.Config("out", ("max_train_steps", "1")));
        var error = Assert.Throws<BadInputException>(() => TinyRun.Run(_tiny.Config("out", ("max_train_steps", "1"))));
        Assert.Contains("holds a finished run", error.Message);
    }

    [Fact]
    public void InterruptedRun_OfAnotherConfiguration_DoesNotGoOn()
    {
        TinyRun.Run(_tiny.Config("out"), stopAfter: 2);
        var error = Assert.Throws<BadInputException>(() => TinyRun.Run(_tiny.Config("out", ("learning_rate", "0.5"))));
        Assert.Contains("had learning_rate = 0.01, and now it is 0.5", error.Message);
    }

    [Fact]
    public void InterruptedRun_OfOtherData_DoesNotGoOn()
    {
        TinyRun.Run(_tiny.Config("out"), stopAfter: 2);
        File.AppendAllText(
            _tiny.TrainFile,
            """{"dataset":"x","id":"new","messages":[{"role":"user","content":"a"},""" +
            """{"role":"assistant","content":"b"}]}""" + "\n");
        var error = Assert.Throws<BadInputException>(() => TinyRun.Run(_tiny.Config("out")));
        Assert.Contains("train_records = ", error.Message);
    }

    [Fact]
    public void TokenizerOfAnotherModel_IsNamed()
    {
        var config = Checkpoints.ModelConfigFile.Read(_tiny.Model);
        config.Set("vocab_size", 200);
        using (var generator = new RandomGenerator(1))
        using (var model = ModelFolder.Create(config, generator))
            ModelFolder.Save(model, _tiny.Model);
        var error = Assert.Throws<BadInputException>(() => TinyRun.Run(_tiny.Config("out")));
        Assert.Contains("the model's embedding has 200 rows", error.Message);
    }

    [Fact]
    public void LossThatIsNotANumber_StopsTheRun_AndNamesRecords()
    {
        var error = Assert.Throws<BadInputException>(() => TinyRun.Run(_tiny.Config(
            "out", ("learning_rate", "1e30"), ("warmup_ratio", "0"), ("clip_grad_norm", "-1"),
                ("max_train_steps", "10"))));
        Assert.Contains("the run stops before it damages the parameters", error.Message);
        Assert.Contains("records tiny-", error.Message);
        Assert.False(File.Exists(_tiny.Path("out/model.safetensors")));
    }

    [Fact]
    public void Checkpoints_BeyondTheLastOnes_AreRemoved()
    {
        TinyRun.Run(_tiny.Config("out", ("checkpointing_steps", "1"), ("keep_last_n_checkpoints", "2")));
        Assert.Equal(["step_4", "step_5"], Directory.GetDirectories(_tiny.Path("out/checkpoints"))
            .Select(Path.GetFileName).Order());
    }

    private string[] Losses(string run) =>
        [.. File.ReadAllLines(_tiny.Path($"{run}/metrics.jsonl")).Select(line => JsonNode.Parse(line)!)
            .Select(line => $"{line["step"]} {line["train_loss"]} {line["eval_loss"]} {line["gradient_norm"]}")];

    private sealed class EveryStep(Action act) : IProgress<TrainingEvent>
    {
        public void Report(TrainingEvent value)
        {
            if (value is StepCompleted)
                act();
        }
    }
}
