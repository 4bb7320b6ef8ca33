using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>Root-mean-square layer normalisation (Zhang and Sennrich 2019, arXiv:1910.07467).</summary>
public static unsafe class RmsNorm
{
    /// <summary>weight · x / √(mean(x²) + ε), computed in fp32 and returned in the type of <paramref name="x"/>.
    /// </summary>
    /// <param name="x">[tokens, hidden].</param>
    /// <param name="weight">[hidden].</param>
    public static Tensor Forward(Tensor x, Tensor weight, double epsilon)
    {
        if (!KernelSelection.UsesSimd(x, weight))
            return ForwardComposition(x, weight, epsilon);
        using var scope = new TensorScope();
        Tensor input, scales, output;
        using (GradientMode.Disable())
        {
            input = x.contiguous();
            (_, output, scales) = Normalise(input, null, weight.contiguous(), epsilon);
        }
        CustomGradient.Attach("RmsNorm", [output], [x, weight], [input, weight, scales], (saved, gradients) =>
        {
            var (dx, dWeight) = Differentiate(saved[0], saved[1].contiguous(), saved[2], gradients[0]!, null);
            return [dx, dWeight];
        });
        return scope.Keep(output);
    }

    /// <summary>Adds to the residual stream and normalises the sum, in one pass.</summary>
    /// <param name="residual">[tokens, hidden].</param>
    /// <param name="x">[tokens, hidden].</param>
    /// <param name="weight">[hidden].</param>
    /// <returns>residual + x, and <see cref="Forward"/> of it.</returns>
    public static (Tensor Sum, Tensor Normalised) AddForward(
        Tensor residual, Tensor x, Tensor weight, double epsilon)
    {
        if (!KernelSelection.UsesSimd(residual, x, weight) || !residual.Shape.SequenceEqual(x.Shape))
        {
            var total = residual + x;
            return (total, ForwardComposition(total, weight, epsilon));
        }
        using var scope = new TensorScope();
        Tensor sum, scales, output;
        using (GradientMode.Disable())
            (sum, output, scales) = Normalise(residual.contiguous(), x.contiguous(), weight.contiguous(), epsilon);
        CustomGradient.Attach("AddRmsNorm", [sum, output], [residual, x, weight], [sum, weight, scales],
            (saved, gradients) =>
            {
                if (gradients[1] is not { } gradient)
                    return [gradients[0], gradients[0], null];
                var (dx, dWeight) = Differentiate(saved[0], saved[1].contiguous(), saved[2], gradient, gradients[0]);
                return [dx, dx, dWeight];
            });
        return (scope.Keep(sum), scope.Keep(output));
    }

    internal static Tensor ForwardComposition(Tensor x, Tensor weight, double epsilon)
    {
        var x32 = x.to(Dtype.Float32);                                            // [tokens, hidden]
        var scale = (x32.mul(x32).mean(-1, keepdim: true) + epsilon).rsqrt();     // [tokens, 1]
        return x32.mul(scale).to(x.Dtype).mul(weight);
    }

    // residual + x (or residual itself where x is null), its normalisation, and 1/√(…) of each token.
    private static (Tensor Sum, Tensor Output, Tensor Scales) Normalise(
        Tensor residual, Tensor? x, Tensor weight, double epsilon)
    {
        var (tokens, width) = Extents(residual, weight);
        var sum = x is null ? residual : Tensor.empty([.. residual.Shape], residual.Dtype);
        var output = Tensor.empty([.. residual.Shape], residual.Dtype);
        var scales = Tensor.empty([tokens]);
        if (residual.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return (sum, output, scales);

        void Run<T>() where T : unmanaged, IElement<T> => NormKernel<T>.Forward(
            (T*)residual.DataPointer, x is null ? null : (T*)x.DataPointer, (T*)weight.DataPointer,
            (T*)sum.DataPointer, (T*)output.DataPointer, (float*)scales.DataPointer, tokens, width, (float)epsilon);
    }

    private static (Tensor X, Tensor Weight) Differentiate(
        Tensor x, Tensor weight, Tensor scales, Tensor gradient, Tensor? extra)
    {
        var (tokens, width) = Extents(x, weight);
        gradient = gradient.contiguous();
        extra = extra?.contiguous();
        var dx = Tensor.empty([.. x.Shape], x.Dtype);
        var dWeight = Tensor.empty([width]);
        if (x.Dtype == Dtype.Float32)
            Run<Float32Element>();
        else
            Run<BFloat16Element>();
        return (dx, dWeight.to(weight.Dtype));

        void Run<T>() where T : unmanaged, IElement<T> => NormKernel<T>.Backward(
            (T*)x.DataPointer, (T*)weight.DataPointer, (float*)scales.DataPointer, (T*)gradient.DataPointer,
            extra is null ? null : (T*)extra.DataPointer, (T*)dx.DataPointer, (float*)dWeight.DataPointer, tokens,
            width);
    }

    private static (int Tokens, int Width) Extents(Tensor x, Tensor weight)
    {
        var width = x.Size(-1);
        if (weight.Shape.Count != 1 || weight.Count != width)
            throw new ArgumentException($"{weight} is not the weight of rows of {width}", nameof(weight));
        return (checked((int)(x.Count / Math.Max(1, width))), checked((int)width));
    }
}
