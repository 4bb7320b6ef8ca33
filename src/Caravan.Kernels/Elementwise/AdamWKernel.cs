using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>One pass of AdamW over a parameter, its gradient and its fp32 moments.</summary>
/// <typeparam name="TGradient">How the gradient is stored.</typeparam>
/// <typeparam name="TWeights">How the parameter is.</typeparam>
internal static unsafe class AdamWKernel<TGradient, TWeights>
    where TGradient : unmanaged, IElement<TGradient>
    where TWeights : struct, IWeights
{
    private const int Lanes = 16;
    private const int Span = 8192;

    internal static void Run(
        TWeights weights, TGradient* gradient, float* first, float* second, long count, AdamWConstants constants) =>
        ThreadTeam.Run(checked((int)((count + Span - 1) / Span)), count, item => Update(
            weights, gradient, first, second, constants, (nint)item * Span, (nint)Math.Min(count, (item + 1L) * Span)));

    private static void Update(
        TWeights weights, TGradient* gradient, float* first, float* second, AdamWConstants constants, nint i, nint end)
    {
        for (; i <= end - Lanes; i += Lanes)
        {
            var (m, v, p) = constants.Update(
                TGradient.Load(gradient + i), Vector512.Load(first + i), Vector512.Load(second + i), weights.Load(i));
            m.Store(first + i);
            v.Store(second + i);
            weights.Store(i, p);
        }
        for (; i < end; i++)
        {
            var (m, v, p) = constants.Update(
                Vector512.Create(TGradient.Read(gradient + i)), Vector512.Create(first[i]),
                Vector512.Create(second[i]), Vector512.Create(weights.Read(i)));
            (first[i], second[i]) = (m[0], v[0]);
            weights.Write(i, p[0]);
        }
    }
}
