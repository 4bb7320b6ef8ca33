using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>One parameter's state in AdamW.</summary>
/// <param name="Master">fp32 copy of the parameter, updated first; the parameter itself where it is fp32.</param>
/// <param name="FirstMoment">Running mean of the gradient, fp32.</param>
/// <param name="SecondMoment">Running mean of the squared gradient, fp32.</param>
public sealed record AdamWState(Tensor Master, Tensor FirstMoment, Tensor SecondMoment);

/// <summary>Constants of one AdamW update.</summary>
/// <param name="Step">1 for the first update.</param>
/// <param name="GradientScale">Factor of every gradient, from clipping.</param>
public readonly record struct AdamWStep(
    double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, long Step,
    double GradientScale);

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101).</summary>
public static unsafe class AdamW
{
    /// <summary>State for a parameter: moments of zero, and an fp32 copy unless the parameter is fp32.</summary>
    public static AdamWState CreateState(Tensor parameter)
    {
        using var noGradients = GradientMode.Disable();
        var master = parameter.Dtype == Dtype.Float32 ? parameter : parameter.to(Dtype.Float32).Owned();
        long[] shape = [.. parameter.Shape];
        return new AdamWState(
            master,
            Tensor.zeros(shape, device: parameter.Device).Owned(),
            Tensor.zeros(shape, device: parameter.Device).Owned());
    }

    /// <summary>Updates one parameter and its state in place: p ← p·(1 − lr·wd), then the bias-corrected Adam step.
    /// </summary>
    /// <param name="gradient">Of the parameter's type or fp32.</param>
    public static void Update(Tensor parameter, Tensor gradient, AdamWState state, AdamWStep step)
    {
        if (!KernelSelection.UsesSimd(parameter) || !KernelSelection.UsesSimd(gradient) || !parameter.IsContiguous
            || !state.Master.IsContiguous)
        {
            UpdateComposition(parameter, gradient, state, step);
            return;
        }
        if (parameter.Count != gradient.Count)
            throw new ArgumentException($"{gradient} is not a gradient of {parameter}", nameof(gradient));
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var source = gradient.contiguous();
        switch (parameter.Dtype, source.Dtype)
        {
            case (Dtype.Float32, Dtype.Float32):
                Run<Float32Element, Float32Element>();
                break;
            case (Dtype.Float32, _):
                Run<Float32Element, BFloat16Element>();
                break;
            case (_, Dtype.Float32):
                Run<BFloat16Element, Float32Element>();
                break;
            default:
                Run<BFloat16Element, BFloat16Element>();
                break;
        }

        void Run<TParameter, TGradient>()
            where TParameter : unmanaged, IElement<TParameter>
            where TGradient : unmanaged, IElement<TGradient> =>
            AdamWKernel<TParameter, TGradient>.Run(
                (TParameter*)parameter.DataPointer, (TGradient*)source.DataPointer, (float*)state.Master.DataPointer,
                (float*)state.FirstMoment.DataPointer, (float*)state.SecondMoment.DataPointer, parameter.Count, step);
    }

    internal static void UpdateComposition(Tensor parameter, Tensor gradient, AdamWState state, AdamWStep step)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var scaled = gradient.to(Dtype.Float32) * step.GradientScale;
        state.FirstMoment.lerp_(scaled, 1 - step.Beta1);
        state.SecondMoment.mul_(step.Beta2).addcmul_(scaled, scaled, 1 - step.Beta2);
        var denominator = state.SecondMoment.sqrt()
            .div_(Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step))).add_(step.Epsilon);
        state.Master.mul_(1 - step.LearningRate * step.WeightDecay);
        state.Master.addcdiv_(
            state.FirstMoment, denominator, -step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step)));
        if (!ReferenceEquals(state.Master, parameter))
            parameter.copy_(state.Master);
    }
}
