using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>Layer normalisation (Ba et al. 2016, arXiv:1607.06450), with or without weight and bias.</summary>
public static unsafe class LayerNorm
{
    /// <summary>(x − mean) / √(variance + ε) · weight + bias over the last axis, computed in fp32 and returned in the
    /// type of <paramref name="x"/>.</summary>
    /// <param name="x">[tokens, hidden].</param>
    /// <param name="weight">[hidden]; null for ones.</param>
    /// <param name="bias">[hidden]; null for zeros.</param>
    public static Tensor Forward(Tensor x, Tensor? weight, Tensor? bias, double epsilon)
    {
        CheckParameters(x, weight, bias);
        if (!UsesSimd(x, weight, bias))
            return ForwardComposition(x, weight, bias, epsilon);
        using var scope = new TensorScope();
        Tensor input;
        Normalised result;
        using (GradientMode.Disable())
        {
            input = x.contiguous();
            result = Normalise(input, null, weight, bias, epsilon);
        }
        CustomGradient.Attach("LayerNorm", [result.Output], [x, .. Present(weight, bias)],
            [input, result.Moments, result.Weight],
            (saved, gradients) =>
            {
                var (dx, ofParameters) = Differentiate(saved, gradients[0]!, null, weight?.Dtype, bias?.Dtype);
                return [dx, .. ofParameters];
            });
        return scope.Keep(result.Output);
    }

    /// <summary>Adds to the residual stream and normalises the sum, in one pass.</summary>
    /// <param name="residual">[tokens, hidden].</param>
    /// <param name="x">[tokens, hidden].</param>
    /// <param name="weight">[hidden]; null for ones.</param>
    /// <param name="bias">[hidden]; null for zeros.</param>
    /// <returns>residual + x, and <see cref="Forward"/> of it.</returns>
    public static (Tensor Sum, Tensor Normalised) AddForward(
        Tensor residual, Tensor x, Tensor? weight, Tensor? bias, double epsilon)
    {
        CheckParameters(residual, weight, bias);
        if (!UsesSimd(residual, weight, bias) || !KernelSelection.UsesSimd(residual, x)
            || !residual.Shape.SequenceEqual(x.Shape))
        {
            var total = residual + x;
            return (total, ForwardComposition(total, weight, bias, epsilon));
        }
        using var scope = new TensorScope();
        Normalised result;
        using (GradientMode.Disable())
            result = Normalise(residual.contiguous(), x.contiguous(), weight, bias, epsilon);
        CustomGradient.Attach("AddLayerNorm", [result.Sum, result.Output], [residual, x, .. Present(weight, bias)],
            [result.Sum, result.Moments, result.Weight],
            (saved, gradients) =>
            {
                if (gradients[1] is not { } gradient)
                    return [gradients[0], gradients[0], .. Present(weight, bias).Select(_ => (Tensor?)null)];
                var (dx, ofParameters) = Differentiate(saved, gradient, gradients[0], weight?.Dtype, bias?.Dtype);
                return [dx, dx, .. ofParameters];
            });
        return (scope.Keep(result.Sum), scope.Keep(result.Output));
    }

    internal static Tensor ForwardComposition(Tensor x, Tensor? weight, Tensor? bias, double epsilon)
    {
        var x32 = x.to(Dtype.Float32);                                            // [tokens, hidden]
        var centered = x32 - x32.mean(-1, keepdim: true);
        var scale = (centered.mul(centered).mean(-1, keepdim: true) + epsilon).rsqrt(); // [tokens, 1]
        var result = centered.mul(scale);
        if (weight is not null)
            result = result.mul(weight.to(Dtype.Float32));
        if (bias is not null)
            result = result.add(bias.to(Dtype.Float32));
        return result.to(x.Dtype);
    }

    /// <param name="Sum">residual + x, or residual itself.</param>
    /// <param name="Moments">[tokens, 2]: mean and 1/√(variance + ε).</param>
    /// <param name="Weight">fp32, ones where there is none.</param>
    private readonly record struct Normalised(Tensor Sum, Tensor Output, Tensor Moments, Tensor Weight);

    private static Normalised Normalise(Tensor residual, Tensor? x, Tensor? weight, Tensor? bias, double epsilon)
    {
        var width = (int)residual.Size(-1);
        var tokens = checked((int)(residual.Count / Math.Max(1, width)));
        var result = new Normalised(
            x is null ? residual : Tensor.empty([.. residual.Shape], residual.Dtype),
            Tensor.empty([.. residual.Shape], residual.Dtype),
            Tensor.empty([tokens, 2]),
            weight is null ? Tensor.ones([width]) : weight.to(Dtype.Float32).contiguous());
        var shift = bias is null ? Tensor.zeros([width]) : bias.to(Dtype.Float32).contiguous();
        if (residual.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return result;

        void Run<T>() where T : unmanaged, IElement<T> => LayerNormKernel<T>.Forward(
            (T*)residual.DataPointer, x is null ? null : (T*)x.DataPointer, (float*)result.Weight.DataPointer,
            (float*)shift.DataPointer, (T*)result.Sum.DataPointer, (T*)result.Output.DataPointer,
            (float*)result.Moments.DataPointer, tokens, width, (float)epsilon);
    }

    // The gradients of x, and of those of weight and bias that there are.
    private static (Tensor X, Tensor[] Parameters) Differentiate(
        Tensor[] saved, Tensor gradient, Tensor? extra, Dtype? weightType, Dtype? biasType)
    {
        var (x, moments, weight) = (saved[0], saved[1], saved[2]);
        var width = (int)x.Size(-1);
        gradient = gradient.contiguous();
        extra = extra?.contiguous();
        var dx = Tensor.empty([.. x.Shape], x.Dtype);
        var (dWeight, dBias) = (Tensor.empty([width]), Tensor.empty([width]));
        if (x.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        List<Tensor> parameters = [];
        if (weightType is { } ofWeight)
            parameters.Add(dWeight.to(ofWeight));
        if (biasType is { } ofBias)
            parameters.Add(dBias.to(ofBias));
        return (dx, [.. parameters]);

        void Run<T>() where T : unmanaged, IElement<T> => LayerNormKernel<T>.Backward(
            (T*)x.DataPointer, (float*)weight.DataPointer, (float*)moments.DataPointer, (T*)gradient.DataPointer,
            extra is null ? null : (T*)extra.DataPointer, (T*)dx.DataPointer, (float*)dWeight.DataPointer,
            (float*)dBias.DataPointer, (int)moments.Size(0), width);
    }

    private static IEnumerable<Tensor> Present(Tensor? weight, Tensor? bias)
    {
        if (weight is not null)
            yield return weight;
        if (bias is not null)
            yield return bias;
    }

    private static bool UsesSimd(Tensor x, Tensor? weight, Tensor? bias) =>
        KernelSelection.UsesSimd(x)
        && Present(weight, bias).All(parameter => KernelSelection.UsesSimd(parameter));

    private static void CheckParameters(Tensor x, Tensor? weight, Tensor? bias)
    {
        foreach (var parameter in Present(weight, bias))
        {
            if (parameter.Shape.Count != 1 || parameter.Count != x.Size(-1))
                throw new ArgumentException($"{parameter} is no weight or bias of rows of {x.Size(-1)}");
        }
    }
}
