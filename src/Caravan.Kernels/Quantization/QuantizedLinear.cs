using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Products;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// The product with a quantised weight. Tiles of its rows are dequantised into scratch memory that the next tile takes
/// over, so that the weight never exists as a whole; the backward pass dequantises them again. The weight itself is
/// frozen.
/// </summary>
public static class QuantizedLinear
{
    // Numbers of one tile: few enough to stay in the caches between dequantisation and product, enough for the products
    // to be large.
    private const long TileElements = 1 << 20;

    private static readonly Operator MmOut = new("aten::mm", "out");

    /// <summary>x · weightᵀ, computed in the type of x.</summary>
    /// <param name="x">[tokens, columns].</param>
    /// <param name="weight">Must outlive the backward pass.</param>
    /// <returns>[tokens, rows].</returns>
    public static Tensor Forward(Tensor x, QuantizedWeight weight)
    {
        using var scope = new TensorScope();
        Tensor output;
        var dtype = x.Dtype;
        using (GradientMode.Disable())
        {
            output = Tensor.empty([x.Size(0), weight.Rows], dtype, x.Device);
            ForEachTile(weight, dtype, (tile, first) =>
                MmOut.Call(x, tile.t(), output.narrow(1, first, tile.Size(0))));
        }
        CustomGradient.Attach("QuantizedLinear", [output], [x], [],
            (_, gradients) => [InputGradient(gradients[0]!, weight, dtype)]);
        return scope.Keep(output);
    }

    // gradient · weight; what several tiles add is summed in fp32, since bf16 would lose it.
    private static Tensor InputGradient(Tensor gradient, QuantizedWeight weight, Dtype dtype)
    {
        var isSingle = RowsOfTile(weight) == weight.Rows;
        var sum = isSingle
            ? Tensor.empty([gradient.Size(0), weight.Columns], dtype, gradient.Device)
            : Tensor.zeros([gradient.Size(0), weight.Columns], device: gradient.Device);
        ForEachTile(weight, dtype, (tile, first) =>
        {
            var part = gradient.narrow(1, first, tile.Size(0)).contiguous();
            if (isSingle)
                MatrixProduct.Multiply(part, false, tile, false, sum);
            else
                MatrixProduct.Add(part, false, tile, false, sum);
        });
        return sum.Dtype == dtype ? sum : Conversion.Scale(sum, 1, dtype);
    }

    private static void ForEachTile(QuantizedWeight weight, Dtype dtype, Action<Tensor, long> body)
    {
        var step = RowsOfTile(weight);
        var scratch = Tensor.empty([step, weight.Columns], dtype, weight.Device);
        for (long first = 0; first < weight.Rows; first += step)
        {
            using var scope = new TensorScope();
            var tile = scratch.narrow(0, 0, Math.Min(step, weight.Rows - first));
            weight.DequantizeRows(first, tile);
            body(tile, first);
        }
    }

    private static long RowsOfTile(QuantizedWeight weight)
    {
        var alignment = weight.RowAlignment;
        return Math.Min(
            weight.Rows, Math.Max(1, TileElements / Math.Max(1, weight.Columns) / alignment) * alignment);
    }
}
