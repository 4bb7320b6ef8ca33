using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models;
using Caravan.Models.Adapters;
using Caravan.Torch;
using Caravan.Training.Configuration;
using Caravan.Training.Memory;
using Caravan.Training.Optimization;

namespace Caravan.Training.Tests.Memory;

/// <summary>The plan without the program itself beside the peak of all tensors in training steps. The peak of whole
/// processes is measured by <c>bench/Caravan.TrainingBenchmarks</c>.</summary>
public sealed class PlannedPeakTests : IDisposable
{
    private const int Documents = 3, Length = 200, Vocabulary = 3000;
    private const double Tolerance = 0.15;

    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-peak-").FullName;

    public PlannedPeakTests()
    {
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        foreach (var (key, value) in new[]
        {
            ("vocab_size", Vocabulary), ("hidden_size", 192), ("intermediate_size", 520), ("num_hidden_layers", 5),
            ("num_attention_heads", 4), ("num_key_value_heads", 2), ("max_position_embeddings", Length),
        })
        {
            config.Set(key, value);
        }
        config.Set("tie_word_embeddings", true);
        using var generator = new RandomGenerator(1);
        using var model = ModelFolder.Create(config, generator);
        ModelFolder.Save(model, _folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("full"), InlineData("full checkpointing"), InlineData("full passes"), InlineData("full 8bit")]
    [InlineData("lora"), InlineData("lora checkpointing"), InlineData("qlora"), InlineData("qlora checkpointing")]
    public void Peak_IsThatOfTheTensors(string words)
    {
        var config = new SftConfig
        {
            ModelNameOrPath = _folder,
            OutputDir = _folder,
            Dtype = Precision.Bf16,
            UseLora = words.StartsWith("lora", StringComparison.Ordinal),
            UseQlora = words.StartsWith("qlora", StringComparison.Ordinal),
            GradientCheckpointing = words.Contains("checkpointing"),
            GradientAccumulationSteps = words.Contains("passes") ? 2 : 1,
            EightBitOptimizer = words.Contains("8bit"),
        };
        using var planner = new MemoryPlanner(config);
        var plan = planner.Plan(Documents * Length);
        double taken = 0;
        // On a thread of its own, whose working memory begins with nothing.
        var thread = new Thread(() => taken = Train(config));
        thread.Start();
        thread.Join();
        Assert.InRange((plan.Peak - plan.Program) / taken, 1 - Tolerance, 1 + Tolerance);
    }

    private long Train(SftConfig config)
    {
        // What earlier tests left to the garbage collector must not go meanwhile.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var scope = new TensorScope();
        var before = TensorMemory.Live;
        TensorMemory.BeginPeak();
        using var model = ModelFolder.Load(_folder, new LoadOptions
        {
            Dtype = Dtype.BFloat16,
            ForTraining = true,
            Linears = config.UseQlora ? WeightPrecision.Nf4 : WeightPrecision.Full,
        });
        model.GradientCheckpointing = config.GradientCheckpointing;
        model.Dropout = new DropoutStream(1);
        using var adapter = config.UseLora || config.UseQlora
            ? LoraAdapter.Attach(
                model, new LoraConfig { Rank = config.LoraRank, Dropout = config.LoraDropout }, seed: 1)
            : null;
        if (adapter is null)
            model.RequireGradients();
        using var optimizer = new Optimizer(
            adapter?.Parameters ?? model.Parameters, 0.9, 0.999, 1e-8, 0,
            new AdamWFormat(config.EightBitOptimizer, config.StochasticRounding));
        for (var step = 0; step < 2; step++)
            Update(model, optimizer, config.GradientAccumulationSteps);
        return TensorMemory.Peak - before;
    }

    private static void Update(LanguageModel model, Optimizer optimizer, int passes)
    {
        var random = new Random(1);
        for (var pass = 0; pass < passes; pass++)
        {
            using var scope = new TensorScope();
            int[][] documents = [.. Enumerable.Range(0, Documents).Select(_ =>
                Enumerable.Range(0, Length + 1).Select(_ => random.Next(Vocabulary)).ToArray())];
            var input = ModelInput.FromDocuments([.. documents.Select(document => document[..^1])]);
            var targets = Tensor.tensor([.. documents.SelectMany(document => document[1..]).Select(id => (long)id)]);
            LinearCrossEntropy.Sum(model.Forward(input), model.OutputWeight, targets).backward();
            if (passes > 1)
                optimizer.Accumulate();
        }
        optimizer.Step(3e-4, 1 / optimizer.GradientNorm());
    }
}
