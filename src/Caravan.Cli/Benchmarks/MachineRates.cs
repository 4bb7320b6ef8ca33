using System.Diagnostics;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Cli.Benchmarks;

/// <summary>What the machine does at best, with all threads.</summary>
/// <param name="Float32">10⁹ operations per second of an fp32 product of 2048 × 2048, by libtorch.</param>
/// <param name="BFloat16">Those of a bf16 product, by libtorch.</param>
/// <param name="Tiles">Those of the same bf16 product by Caravan's kernels.</param>
/// <param name="ReadGigabytes">10⁹ bytes read from memory in a second.</param>
internal sealed record MachineRates(double Float32, double BFloat16, double Tiles, double ReadGigabytes)
{
    private const int Size = 2048, Repetitions = 8, ReadElements = 1 << 27;

    public static MachineRates Measure()
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        using var generator = new RandomGenerator(1);
        var a = Tensor.randn([Size, Size], generator);
        var b = a.to(Dtype.BFloat16);
        var memory = Tensor.ones([ReadElements]);
        const double operations = 2.0 * Size * Size * Size / 1e9;
        return new(
            operations / BestSeconds(() => a.mm(a)), operations / BestSeconds(() => b.mm(b)),
            operations / BestSeconds(() => Projection.Forward(b, b)),
            4e-9 * ReadElements / BestSeconds(() => memory.sum()));
    }

    private static double BestSeconds(Func<Tensor> operation)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i < Repetitions; i++)
        {
            var start = Stopwatch.GetTimestamp();
            operation().Dispose();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }
}
