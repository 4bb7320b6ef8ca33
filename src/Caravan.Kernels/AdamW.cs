using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

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

    /// <summary>State for a parameter: moments of zero, and a remainder of zero for a bf16 parameter that is not to be
    /// rounded at random.</summary>
    /// <param name="parameter">fp32 or bf16.</param>
    /// <exception cref="NotSupportedException">Another format than the default where the SIMD code does not compute, or
    /// a parameter of another type.</exception>
    public static AdamWState CreateState(Tensor parameter, AdamWFormat format = default)
    {
        if (parameter.Dtype is not (Dtype.Float32 or Dtype.BFloat16))
            throw new NotSupportedException($"AdamW updates fp32 and bf16 parameters, not {parameter}");
        if (format != default && (!KernelSelection.UsesSimd(parameter) || !parameter.IsContiguous))
        {
            throw new NotSupportedException(
                "8-bit moments and stochastic rounding are for fp32 and bf16 parameters on the CPU, " +
                $"not for {parameter}");
        }
        var ofMoments = format.EightBitMoments ? Dtype.UInt8 : Dtype.Float32;
        var hasRemainder = parameter.Dtype == Dtype.BFloat16 && !format.StochasticRounding;
        var blocks = (parameter.Count + BlockOfScale - 1) / BlockOfScale;
        return new AdamWState(
            Zeros(ofMoments), Zeros(ofMoments), hasRemainder ? Zeros(Dtype.Int16) : null,
            format.EightBitMoments ? Tensor.zeros([2, blocks]).Owned() : null);

        Tensor Zeros(Dtype dtype) => Tensor.zeros([.. parameter.Shape], dtype, parameter.Device).Owned();
    }

    /// <summary>Updates one parameter and its state in place: p ← p·(1 − lr·wd), then the bias-corrected Adam step, in
    /// fp32.</summary>
    /// <param name="gradient">Of the parameter's type or fp32.</param>
    public static void Update(Tensor parameter, Tensor gradient, AdamWState state, AdamWStep step)
    {
        if (parameter.Count != gradient.Count)
            throw new ArgumentException($"{gradient} is not a gradient of {parameter}", nameof(gradient));
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        if (!KernelSelection.UsesSimd(parameter) || !KernelSelection.UsesSimd(gradient) || !parameter.IsContiguous)
            UpdateComposition(parameter, gradient, state, step);
        else if (gradient.Dtype == Dtype.Float32)
            Update<Float32Element>(parameter, gradient.contiguous(), state, step);
        else
            Update<BFloat16Element>(parameter, gradient.contiguous(), state, step);
    }

    /// <exception cref="NotSupportedException">The state has 8-bit moments, or a bf16 parameter has no remainder.
    /// </exception>
    internal static void UpdateComposition(Tensor parameter, Tensor gradient, AdamWState state, AdamWStep step)
    {
        if (state.Scales is not null || (state.Remainder is null && parameter.Dtype != Dtype.Float32))
        {
            throw new NotSupportedException(
                $"{gradient} is no gradient for AdamW's 8-bit or rounded state on the CPU");
        }
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var master = state.Remainder is null ? parameter : MasterWeights.Join(parameter, state.Remainder);
        var scaled = gradient.to(Dtype.Float32) * step.GradientScale;
        state.FirstMoment.lerp_(scaled, 1 - step.Beta1);
        state.SecondMoment.mul_(step.Beta2).addcmul_(scaled, scaled, 1 - step.Beta2);
        var denominator = state.SecondMoment.sqrt()
            .div_(Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step))).add_(step.Epsilon);
        master.mul_(1 - step.LearningRate * step.WeightDecay);
        master.addcdiv_(state.FirstMoment, denominator, -step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step)));
        if (state.Remainder is not null)
            MasterWeights.Split(master, parameter, state.Remainder);
    }

    private static void Update<TGradient>(Tensor parameter, Tensor gradient, AdamWState state, AdamWStep step)
        where TGradient : unmanaged, IElement<TGradient>
    {
        var random = new RandomBits((uint)step.Step * 0x9e3779b9u);
        var address = parameter.DataPointer;
        if (parameter.Dtype == Dtype.Float32)
            Run(new Float32Weights((float*)address));
        else if (state.Remainder is { } remainder)
            Run(new SplitWeights((ushort*)address, (short*)remainder.DataPointer));
        else
            Run(new RoundedWeights((BFloat16Element*)address, random));

        void Run<TWeights>(TWeights weights) where TWeights : struct, IWeights
        {
            var (first, second) = ((nint)state.FirstMoment.DataPointer, (nint)state.SecondMoment.DataPointer);
            var constants = new AdamWConstants(step);
            if (state.Scales is null)
            {
                AdamWKernel<TGradient, TWeights>.Run(
                    weights, (TGradient*)gradient.DataPointer, (float*)first, (float*)second, parameter.Count,
                    constants);
            }
            else
            {
                EightBitAdamWKernel<TGradient, TWeights>.Run(
                    weights, (TGradient*)gradient.DataPointer,
                    new((byte*)first, (byte*)second, (float*)state.Scales.DataPointer), parameter.Count, constants,
                    random);
            }
        }
    }
}
