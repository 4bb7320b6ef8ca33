using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>One parameter's state in AdamW.</summary>
/// <param name="Master">fp32 copy of the parameter, updated first; the parameter itself where it is fp32 or rounded at
/// random.</param>
/// <param name="FirstMoment">Running mean of the gradient, fp32; codes of 8 bits where there are scales.</param>
/// <param name="SecondMoment">Running mean of the squared gradient, likewise.</param>
/// <param name="Scales">fp32 [2, blocks]: what the codes of both moments are relative to; null for fp32 moments.
/// </param>
public sealed record AdamWState(Tensor Master, Tensor FirstMoment, Tensor SecondMoment, Tensor? Scales = null);

/// <summary>Constants of one AdamW update.</summary>
/// <param name="Step">1 for the first update.</param>
/// <param name="GradientScale">Factor of every gradient, from clipping.</param>
public readonly record struct AdamWStep(
    double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, long Step,
    double GradientScale);

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101).</summary>
public static unsafe class AdamW
{
    /// <summary>Elements whose 8-bit moments share a scale.</summary>
    internal const int BlockOfScale = 256;

    /// <summary>State for a parameter: moments of zero, and an fp32 copy unless the parameter is fp32 or to be rounded
    /// at random.</summary>
    /// <exception cref="NotSupportedException">Another format than the default where the SIMD code does not compute.
    /// </exception>
    public static AdamWState CreateState(Tensor parameter, AdamWFormat format = default)
    {
        using var noGradients = GradientMode.Disable();
        if (format != default && (!KernelSelection.UsesSimd(parameter) || !parameter.IsContiguous))
        {
            throw new NotSupportedException(
                "8-bit moments and stochastic rounding are for fp32 and bf16 parameters on the CPU, " +
                $"not for {parameter}");
        }
        var isMaster = parameter.Dtype == Dtype.Float32 || format.StochasticRounding;
        long[] shape = [.. parameter.Shape];
        var ofMoments = format.EightBitMoments ? Dtype.UInt8 : Dtype.Float32;
        var blocks = (parameter.Count + BlockOfScale - 1) / BlockOfScale;
        return new AdamWState(
            isMaster ? parameter : parameter.to(Dtype.Float32).Owned(),
            Tensor.zeros(shape, ofMoments, parameter.Device).Owned(),
            Tensor.zeros(shape, ofMoments, parameter.Device).Owned(),
            format.EightBitMoments ? Tensor.zeros([2, blocks]).Owned() : null);
    }

    /// <summary>Updates one parameter and its state in place: p ← p·(1 − lr·wd), then the bias-corrected Adam step.
    /// </summary>
    /// <param name="gradient">Of the parameter's type or fp32.</param>
    public static void Update(Tensor parameter, Tensor gradient, AdamWState state, AdamWStep step)
    {
        if (!KernelSelection.UsesSimd(parameter) || !KernelSelection.UsesSimd(gradient) || !parameter.IsContiguous
            || !state.Master.IsContiguous)
        {
            if (state.Scales is not null || state.Master.Dtype != Dtype.Float32)
            {
                throw new NotSupportedException(
                    $"{gradient} is no gradient for AdamW's 8-bit or rounded state on the CPU");
            }
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
            where TGradient : unmanaged, IElement<TGradient>
        {
            var master = state.Master.Dtype == Dtype.Float32 ? (float*)state.Master.DataPointer : null;
            if (master is not null && state.Scales is null)
            {
                AdamWKernel<TParameter, TGradient>.Run(
                    (TParameter*)parameter.DataPointer, (TGradient*)source.DataPointer, master,
                    (float*)state.FirstMoment.DataPointer, (float*)state.SecondMoment.DataPointer, parameter.Count,
                    step);
                return;
            }
            var tensors = new CompactAdamWKernel<TParameter, TGradient>.Tensors
            {
                Parameter = (TParameter*)parameter.DataPointer,
                Gradient = (TGradient*)source.DataPointer,
                Master = master,
                First = state.FirstMoment.DataPointer,
                Second = state.SecondMoment.DataPointer,
                Scales = state.Scales is null ? null : (float*)state.Scales.DataPointer,
            };
            CompactAdamWKernel<TParameter, TGradient>.Run(
                tensors, parameter.Count, new AdamWConstants(step), (uint)step.Step * 0x9e3779b9u);
        }
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
