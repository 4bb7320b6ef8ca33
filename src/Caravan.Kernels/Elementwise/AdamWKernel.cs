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
        var constants = new Constants(step);
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

    private readonly struct Constants(AdamWStep step)
    {
        private readonly float _gradientScale = (float)step.GradientScale;
        private readonly float _beta1 = (float)step.Beta1, _oneLessBeta1 = (float)(1 - step.Beta1);
        private readonly float _beta2 = (float)step.Beta2, _oneLessBeta2 = (float)(1 - step.Beta2);
        private readonly float _decay = (float)(1 - step.LearningRate * step.WeightDecay);
        private readonly float _rate = (float)(-step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step)));
        private readonly float _root = (float)(1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)));
        private readonly float _epsilon = (float)step.Epsilon;

        internal (Vector512<float> First, Vector512<float> Second, Vector512<float> Master) Update(
            Vector512<float> gradient, Vector512<float> first, Vector512<float> second, Vector512<float> master)
        {
            gradient *= _gradientScale;
            first = first * _beta1 + gradient * _oneLessBeta1;
            second = second * _beta2 + gradient * gradient * _oneLessBeta2;
            var denominator = Vector512.Sqrt(second) * _root + Vector512.Create(_epsilon);
            return (first, second, master * _decay + first * _rate / denominator);
        }
    }
}
