using System.Diagnostics;
using System.Text.Json.Nodes;
using Caravan.Torch;

namespace Caravan.TrainingBenchmarks;

/// <summary>What a call of a small operator costs from C#, in nanoseconds; the cases of
/// <c>bench/peers/torch_overhead.py</c>. Results are freed at once, as Python does.</summary>
internal static class CallOverhead
{
    private const int Calls = 2000, Loops = 200;

    internal static string Measure()
    {
        Libtorch.Threads = 1;
        using var one = Tensor.ones([1]);
        using var square = Tensor.ones([4, 4]);
        using var oneWithGradient = Tensor.ones([1]);
        using var squareWithGradient = Tensor.ones([4, 4]);
        oneWithGradient.RequiresGrad = squareWithGradient.RequiresGrad = true;
        var result = new JsonObject
        {
            ["engine"] = "caravan", ["libtorch"] = Libtorch.Version, ["calls"] = Calls * Loops,
        };
        using (GradientMode.Disable())
        {
            result["add_ns"] = Nanoseconds(() => one.add(one).Dispose());
            result["matmul_ns"] = Nanoseconds(() => square.matmul(square).Dispose());
        }
        result["add_grad_ns"] = Nanoseconds(() => oneWithGradient.add(one).Dispose());
        result["matmul_grad_ns"] = Nanoseconds(() => squareWithGradient.matmul(square).Dispose());
        return result.ToJsonString();
    }

    private static JsonObject Nanoseconds(Action call)
    {
        var samples = new double[Loops];
        for (var loop = 0; loop < Loops; loop++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < Calls; i++)
                call();
            samples[loop] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / Calls;
        }
        Array.Sort(samples);
        return new JsonObject { ["median"] = Math.Round(samples[Loops / 2], 1), ["min"] = Math.Round(samples[0], 1) };
    }
}
