using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;
using Caravan.Torch;

namespace Caravan.Kernels.Elementwise;

/// <summary>Passes over whole tensors that change their type on the way.</summary>
internal static unsafe class Conversion
{
    private const int Lanes = 16;
    private const int Span = 16384;

    /// <summary>sum += addend.</summary>
    /// <param name="sum">fp32, of the addend's shape.</param>
    internal static void Add(Tensor sum, Tensor addend)
    {
        if (addend.Dtype == Dtype.BFloat16 && KernelSelection.UsesSimd(addend))
            Add((float*)sum.DataPointer, (BFloat16Element*)addend.DataPointer, sum.Count);
        else
            sum.add_(addend);
    }

    /// <summary>values · factor in another type, rounded once.</summary>
    internal static Tensor Scale(Tensor values, double factor, Dtype dtype)
    {
        if (values.Dtype != Dtype.Float32 || dtype != Dtype.BFloat16 || !KernelSelection.UsesSimd(values))
            return values.mul(factor).to(dtype);
        var result = Tensor.empty([.. values.Shape], dtype);
        Scale((float*)values.DataPointer, (BFloat16Element*)result.DataPointer, (float)factor, values.Count);
        return result;
    }

    private static void Add(float* sum, BFloat16Element* addend, long count) =>
        ForEachSpan(count, (start, end) =>
        {
            var i = start;
            for (; i <= end - Lanes; i += Lanes)
            {
                var target = (Float32Element*)sum + i;
                Float32Element.Store(target, Float32Element.Load(target) + BFloat16Element.Load(addend + i));
            }
            for (; i < end; i++)
                sum[i] += BFloat16Element.Read(addend + i);
        });

    private static void Scale(float* values, BFloat16Element* result, float factor, long count) =>
        ForEachSpan(count, (start, end) =>
        {
            var i = start;
            for (; i <= end - Lanes; i += Lanes)
                BFloat16Element.Store(result + i, Float32Element.Load((Float32Element*)values + i) * factor);
            for (; i < end; i++)
                BFloat16Element.Write(result + i, values[i] * factor);
        });

    private static void ForEachSpan(long count, Action<nint, nint> body) =>
        ThreadTeam.Run(checked((int)((count + Span - 1) / Span)), count,
            item => body((nint)item * Span, (nint)Math.Min(count, (item + 1L) * Span)));
}
