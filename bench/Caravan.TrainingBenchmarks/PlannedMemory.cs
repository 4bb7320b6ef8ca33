using System.Text.Json.Nodes;
using Caravan.Models;
using Caravan.Models.Adapters;
using Caravan.Torch;
using Caravan.Training;
using Caravan.Training.Configuration;
using Caravan.Training.Memory;
using Caravan.Training.Optimization;

namespace Caravan.TrainingBenchmarks;

/// <summary>The memory that <c>caravan plan</c> foresees beside what training steps take. One case a process, because
/// the high-water mark is the process's.</summary>
internal static class PlannedMemory
{
    /// <param name="preset">A size of <see cref="TrainingStep"/>.</param>
    /// <param name="method">full, lora or qlora.</param>
    /// <param name="precision">fp32 or bf16.</param>
    internal static string Measure(string preset, string method, string precision, bool checkpointing, int passes)
    {
        var folder = Directory.CreateTempSubdirectory("caravan-plan-").FullName;
        try
        {
            TrainingStep.WriteModel(preset, folder, null);
            return Compare(preset, folder, new SftConfig
            {
                ModelNameOrPath = folder,
                OutputDir = folder,
                Dtype = precision == "bf16" ? Precision.Bf16 : Precision.Fp32,
                UseLora = method == "lora",
                UseQlora = method == "qlora",
                GradientCheckpointing = checkpointing,
                GradientAccumulationSteps = passes,
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Compare(string preset, string folder, SftConfig config)
    {
        using var planner = new MemoryPlanner(config);
        var plan = planner.Plan(TrainingStep.TokensPerPass(preset));
        // Linux: the high-water mark begins anew, so that making the model does not count.
        File.WriteAllText("/proc/self/clear_refs", "5");
        Train(preset, folder, config);
        var measured = TrainingStep.PeakResidentMebibytes();
        var planned = plan.Peak >> 20;
        return new JsonObject
        {
            ["preset"] = preset,
            ["method"] = config.UseQlora ? "qlora" : config.UseLora ? "lora" : "full",
            ["precision"] = config.Dtype == Precision.Bf16 ? "bf16" : "fp32",
            ["checkpointing"] = config.GradientCheckpointing,
            ["passes"] = config.GradientAccumulationSteps,
            ["planned_mib"] = planned,
            ["measured_mib"] = measured,
            ["planned_to_measured"] = Math.Round((double)planned / measured, 3),
        }.ToJsonString();
    }

    private static void Train(string preset, string folder, SftConfig config)
    {
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
        using var optimizer = new Optimizer(adapter?.Parameters ?? model.Parameters, 0.9, 0.999, 1e-8, 0);
        for (var step = 0; step < 2; step++)
            TrainingStep.Update(model, optimizer, preset, config.GradientAccumulationSteps);
    }
}
