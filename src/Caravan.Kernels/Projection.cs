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
        Tensor input, stored, output;
        bool isTransposed;
        using (GradientMode.Disable())
        {
            input = x.contiguous();
            (stored, isTransposed) = Stored(weight);
            output = Tensor.empty([x.Size(0), weight.Size(0)], x.Dtype);
            TileProduct.Run(Matrix.Of(input), Map(stored).Transposed, output, bias?.contiguous());
        }
        var (ofX, ofWeight, ofBias) = (x.RequiresGrad, weight.RequiresGrad, bias?.RequiresGrad == true);
        // The input is for the weight's gradient alone: that of a frozen weight is not kept.
        CustomGradient.Attach(
            "Projection", [output], bias is null ? [x, weight] : [x, weight, bias],
            ofWeight ? [stored, input] : [stored], (saved, gradients) =>
            {
                var gradient = gradients[0]!.contiguous();                        // [tokens, out]
                var dx = ofX ? Multiply(Matrix.Of(gradient), Map(saved[0])) : null;
                var dWeight = ofWeight ? WeightGradient(gradient, saved[1]) : null;
                return bias is null
                    ? [dx, dWeight] : [dx, dWeight, ofBias ? gradient.to(Dtype.Float32).sum(0).to(bias.Dtype) : null];
            });
        return scope.Keep(output);

        // [out, in], whichever way it lies in memory.
        Matrix Map(Tensor rows) => isTransposed ? Matrix.Of(rows).Transposed : Matrix.Of(rows);

        // In memory it lies as the weight does.
        Tensor WeightGradient(Tensor gradient, Tensor input) => isTransposed
            ? Multiply(Matrix.Of(input).Transposed, Matrix.Of(gradient)).t()
            : Multiply(Matrix.Of(gradient).Transposed, Matrix.Of(input));
    }

    // The weight's rows without gaps between them; or those of its transpose, if they lie so.
    private static (Tensor Rows, bool IsTransposed) Stored(Tensor weight)
    {
        var transposed = weight.t();
        return !weight.IsContiguous && transposed.IsContiguous ? (transposed, true) : (weight.contiguous(), false);
    }

    private static Tensor Multiply(Matrix left, Matrix right)
    {
        var result = Tensor.empty([left.Height, right.Width], Dtype.BFloat16);
        TileProduct.Run(left, right, result);
        return result;
    }
}
