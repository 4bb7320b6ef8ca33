using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
using Caravan.Kernels.Threads;

namespace Caravan.Kernels.Elementwise;

/// <summary>One pass of AdamW over a parameter, its gradient, its moments and its fp32 master copy.</summary>
/// <typeparam name="TParameter">How the parameter is stored.</typeparam>
/// <typeparam name="TGradient">How its gradient is stored.</typeparam>
internal static unsafe class AdamWKernel<TParameter, TGradient>
    where TParameter : unmanaged, IElement<TParameter>
    where TGradient : unmanaged, IElement<TGradient>
{
    private const int Lanes = 16;
    private const int Span = 8192;

    /// <param name="master">May be the parameter itself.</param>
    internal static void Run(
        TParameter* parameter, TGradient* gradient, float* master, float* first, float* second, long count,
        AdamWStep step)
    {
        var constants = new AdamWConstants(step);
        ThreadTeam.Run(checked((int)((count + Span - 1) / Span)), count, item =>
        {
            nint i = (nint)item * Span, end = (nint)Math.Min(count, (item + 1L) * Span);
            for (; i <= end - Lanes; i += Lanes)
            {
                var (m, v, p) = constants.Update(TGradient.Load(gradient + i), Vector512.Load(first + i),
                    Vector512.Load(second + i), Vector512.Load(master + i));
                m.Store(first + i);
                v.Store(second + i);
                p.Store(master + i);
                TParameter.Store(parameter + i, p);
            }
            for (; i < end; i++)
            {
                var (m, v, p) = constants.Update(Vector512.Create(TGradient.Read(gradient + i)),
                    Vector512.Create(first[i]), Vector512.Create(second[i]), Vector512.Create(master[i]));
                (first[i], second[i], master[i]) = (m[0], v[0], p[0]);
                TParameter.Write(parameter + i, p[0]);
            }
        });
    }
}
