using Caravan.Kernels;
using Caravan.Models;
using Caravan.Models.Adapters;
using Caravan.Torch;
using Caravan.Training.Configuration;
using Caravan.Training.Memory;
using Caravan.Training.Optimization;

namespace Caravan.TrainingBenchmarks;

/// <summary>The memory that <c>caravan plan</c> foresees beside what training steps take. Each is measured in a process
/// of its own, because the high-water mark is the process's.</summary>
internal static class PlannedMemory
{
    private const int Steps = 3;

    /// <summary>Prints a row of a table for each case.</summary>
    internal static void Compare(IEnumerable<MemoryCase> cases)
    {
        Console.WriteLine("| model | trained | planned, MiB | measured, MiB | planned / measured | tensors, MiB |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var ofSize in cases.GroupBy(measured => measured.Size))
        {
            var folder = Directory.CreateTempSubdirectory("caravan-plan-").FullName;
            try
            {
                OwnProcess.Run(["model", ofSize.Key.Name, folder]);
                foreach (var measured in ofSize)
                    Compare(measured, folder);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>Runs a few updates and gives, in MiB, the process's high-water mark and that of its tensors.</summary>
    internal static string Measure(MemoryCase measured, string folder)
    {
        var config = measured.Config(folder);
        using var model = ModelFolder.Load(folder, new LoadOptions
        {
            Dtype = config.Dtype == Precision.Bf16 ? Dtype.BFloat16 : Dtype.Float32,
            ForTraining = true,
            Linears = config.UseQlora ? WeightPrecision.Nf4 : WeightPrecision.Full,
        });
        model.GradientCheckpointing = config.GradientCheckpointing;
        model.Dropout = new DropoutStream(1);
        var isAdapted = config.UseLora || config.UseQlora;
        using var adapter = isAdapted
            ? LoraAdapter.Attach(
                model, new LoraConfig { Rank = config.LoraRank, Dropout = config.LoraDropout }, seed: 1)
            : null;
        if (adapter is null)
            model.RequireGradients();
        using var optimizer = new Optimizer(
            adapter?.Parameters ?? model.Parameters, 0.9, 0.999, 1e-8, 0,
            new AdamWFormat(config.EightBitOptimizer, config.StochasticRounding));
        for (var step = 0; step < Steps; step++)
            Update(model, optimizer, measured.Size, config.GradientAccumulationSteps);
        return $"{ResidentMemory.PeakMebibytes} {TensorMemory.Peak >> 20}";
    }

    private static void Compare(MemoryCase measured, string folder)
    {
        using var planner = new MemoryPlanner(measured.Config(folder));
        var planned = planner.Plan(measured.Size.Tokens).Peak >> 20;
        var taken = OwnProcess.Run(["memory-of", folder, .. measured.Words]).Split(' ');
        var process = long.Parse(taken[0]);
        Console.WriteLine(
            $"| {measured.Size.Name} | {string.Join(", ", measured.Words.Skip(1))} | {planned:n0} | {process:n0} | " +
            $"{(double)planned / process:n2} | {long.Parse(taken[1]):n0} |");
    }

    // One update over random tokens, as the recipes make it.
    private static void Update(LanguageModel model, Optimizer optimizer, ModelSize size, int passes)
    {
        var random = new Random(1);
        for (var pass = 0; pass < passes; pass++)
        {
            using var scope = new TensorScope();
            int[][] documents = [.. Enumerable.Range(0, size.Batch).Select(_ =>
                Enumerable.Range(0, size.Length + 1).Select(_ => random.Next(size.Vocabulary)).ToArray())];
            var input = ModelInput.FromDocuments([.. documents.Select(document => document[..^1])]);
            var targets = Tensor.tensor([.. documents.SelectMany(document => document[1..]).Select(id => (long)id)]);
            var loss = LinearCrossEntropy.Sum(model.Forward(input), model.OutputWeight, targets);
            (loss * (1.0 / targets.Count)).backward();
            if (passes > 1)
                optimizer.Accumulate();
        }
        optimizer.Step(3e-4, 1 / (optimizer.GradientNorm() + 1e-6));
    }
}
