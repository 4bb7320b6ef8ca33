using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Products;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// What a low-rank adapter (LoRA, Hu et al. 2021, arXiv:2106.09685) adds to a linear layer's output. For the backward
/// pass it keeps the layer's input, which the layers beside it keep too, and r numbers of each token; what dropout
/// leaves of the input, and the factors in the input's type, are made again.
/// </summary>
public static class LowRankUpdate
{
    /// <summary>output + scale · dropout(x) · Aᵀ · Bᵀ.</summary>
    /// <param name="output">[tokens, out].</param>
    /// <param name="x">[tokens, in], of the same type.</param>
    /// <param name="a">fp32 [r, in].</param>
    /// <param name="b">fp32 [out, r].</param>
    /// <param name="dropout">Share of zeros among the elements of <paramref name="x"/>; see <see cref="Dropout"/>.
    /// </param>
    /// <param name="key">Which mask; equal keys give equal masks.</param>
    /// <returns>[tokens, out].</returns>
    public static Tensor Add(
        Tensor output, Tensor x, Tensor a, Tensor b, double scale, double dropout = 0, ulong key = 0)
    {
        using var scope = new TensorScope();
        DropoutMask? mask = dropout > 0 ? new DropoutMask(dropout, key) : null;
        Tensor input, inner, sum;
        using (GradientMode.Disable())
        {
            input = x.contiguous();
            inner = MatrixProduct.Of(Dropped(input, mask), false, a.to(x.Dtype), true, x.Dtype).mul_(scale);
            sum = MatrixProduct.Of(inner, false, b.to(x.Dtype), true, x.Dtype).add_(output);
        }
        var (ofX, ofFactors) = (x.RequiresGrad, a.RequiresGrad || b.RequiresGrad);
        CustomGradient.Attach("LowRankUpdate", [sum], [output, x, a, b], [input, inner, a, b], (saved, gradients) =>
            Differentiate(saved, gradients[0]!.contiguous(), scale, mask, ofX, ofFactors));
        return scope.Keep(sum);
    }

    private static Tensor?[] Differentiate(
        Tensor[] saved, Tensor gradient, double scale, DropoutMask? mask, bool ofX, bool ofFactors)
    {
        var (input, inner, dtype) = (saved[0], saved[1], gradient.Dtype);
        var (a, b) = (saved[2].to(dtype), saved[3].to(dtype));
        var dInner = MatrixProduct.Of(gradient, false, b, false, dtype).mul_(scale);                 // [tokens, r]
        var dx = ofX ? Dropped(MatrixProduct.Of(dInner, false, a, false, dtype), mask) : null;
        if (!ofFactors)
            return [gradient, dx, null, null];
        var dA = MatrixProduct.Of(dInner, true, Dropped(input, mask), false, Dtype.Float32);         // [r, in]
        var dB = MatrixProduct.Of(gradient, true, inner, false, Dtype.Float32);                      // [out, r]
        return [gradient, dx, dA, dB];
    }

    private static Tensor Dropped(Tensor x, DropoutMask? mask) => mask is { } kept ? Dropout.Masked(x, kept) : x;
}
