using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Elementwise;

/// <summary>An <see cref="AdamWStep"/> as factors in fp32.</summary>
internal readonly struct AdamWConstants(AdamWStep step)
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
