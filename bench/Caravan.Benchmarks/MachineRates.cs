using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Benchmarks;

/// <summary>What the machine does at best, per second of one core.</summary>
/// <param name="Float32PerSecond">Floating point operations of a large fp32 matmul.</param>
/// <param name="BFloat16PerSecond">Those of a large bf16 matmul, by libtorch or Caravan, the faster of both.</param>
/// <param name="BytesPerSecond">Bytes read from memory.</param>
internal sealed record MachineRates(double Float32PerSecond, double BFloat16PerSecond, double BytesPerSecond)
{
    internal static MachineRates Measure()
    {
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(1);
        const int size = 1536;
        var a = Tensor.randn([size, size], generator);
        var b = a.to(Dtype.BFloat16);
        var large = Tensor.ones([1 << 26]);
        var times = Interleaved.Run(
            () => a.mm(a).Dispose(), () => b.mm(b).Dispose(), () => Projection.Forward(b, b).Dispose(),
            () => large.sum().Dispose());
        var operations = 2.0 * size * size * size;
        return new(
            operations / times[0].Processor, operations / Math.Min(times[1].Processor, times[2].Processor),
            4.0 * (1 << 26) / times[3].Processor);
    }

    public override string ToString() =>
        $"per core: fp32 matmul {Float32PerSecond / 1e9:F0} GFLOP/s, " +
        $"bf16 matmul {BFloat16PerSecond / 1e9:F0} GFLOP/s; " +
        $"reading {BytesPerSecond / 1e9:F0} GB/s; {Libtorch.Threads} threads";
}
