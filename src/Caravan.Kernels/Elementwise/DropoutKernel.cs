using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>Elements times the factors of a mask.</summary>
/// <typeparam name="T">How the tensors' elements are stored.</typeparam>
internal static unsafe class DropoutKernel<T> where T : unmanaged, IElement<T>
{
    private const int Lanes = 16;
    private const int Span = 4096;

    // Operations per element: two rounds of mixing.
    private const int Cost = 4;

    internal static void Run(T* x, T* output, long count, DropoutMask mask)
    {
        ThreadTeam.Run(checked((int)((count + Span - 1) / Span)), Cost * count, item =>
        {
            nint i = (nint)item * Span, end = (nint)Math.Min(count, (item + 1L) * Span);
            for (; i <= end - Lanes; i += Lanes)
                T.Store(output + i, T.Load(x + i) * mask.Factors((uint)i));
            if (i == end)
                return;
            var factors = mask.Factors((uint)i);
            for (var lane = 0; i < end; i++, lane++)
                T.Write(output + i, T.Read(x + i) * factors[lane]);
        });
    }
}
