using Caravan.Kernels.Products;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>Linear maps, with the fastest matrix products there are on this machine.</summary>
public static class Projection
{
    /// <summary>x · weightᵀ + bias.</summary>
    /// <param name="x">[tokens, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out], or null.</param>
    /// <returns>[tokens, out], of the type of <paramref name="x"/>.</returns>
    public static Tensor Forward(Tensor x, Tensor weight, Tensor? bias = null)
    {
        if (!TileProduct.Supports(x, weight, x.Size(0)) || x.Shape.Count != 2
            || bias is not null && !KernelSelection.UsesSimd(x, bias))
        {
            return x.linear(weight, bias);
        }
        if (x.Size(1) != weight.Size(1) || bias is not null && bias.Count != weight.Size(0))
            throw new ArgumentException($"{x} cannot be multiplied by {weight} with bias {bias}", nameof(weight));
        using var scope = new TensorScope();
        Tensor input, matrix, output;
        using (GradientMode.Disable())
        {
            (input, matrix) = (x.contiguous(), weight.contiguous());
            output = Tensor.empty([x.Size(0), weight.Size(0)], x.Dtype);
            TileProduct.Run(Matrix.Of(input), Matrix.Of(matrix).Transposed, output, bias?.contiguous());
        }
        var (ofX, ofWeight) = (x.RequiresGrad, weight.RequiresGrad);
        CustomGradient.Attach("Projection", [output], bias is null ? [x, weight] : [x, weight, bias], [input, matrix],
            (saved, gradients) =>
            {
                var gradient = gradients[0]!.contiguous();                        // [tokens, out]
                var dx = ofX ? Multiply(Matrix.Of(gradient), Matrix.Of(saved[1]), saved[0].Shape) : null;
                var dWeight = ofWeight
                    ? Multiply(Matrix.Of(gradient).Transposed, Matrix.Of(saved[0]), saved[1].Shape) : null;
                return bias is null ? [dx, dWeight] : [dx, dWeight, gradient.to(Dtype.Float32).sum(0).to(bias.Dtype)];
            });
        return scope.Keep(output);
    }

    private static Tensor Multiply(Matrix left, Matrix right, IReadOnlyList<long> shape)
    {
        var result = Tensor.empty([.. shape], Dtype.BFloat16);
        TileProduct.Run(left, right, result);
        return result;
    }
}
