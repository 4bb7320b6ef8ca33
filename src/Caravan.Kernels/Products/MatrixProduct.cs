using Caravan.Kernels.Elementwise;
using Caravan.Torch;

namespace Caravan.Kernels.Products;

/// <summary>Products of contiguous matrices or their transposes into memory that is there: tiles where the machine has
/// them, else libtorch.</summary>
internal static class MatrixProduct
{
    private static readonly Operator MmOut = new("aten::mm", "out");

    /// <summary>result = left · right.</summary>
    internal static void Multiply(Tensor left, bool leftTransposed, Tensor right, bool rightTransposed, Tensor result)
    {
        if (TileProduct.Supports(left, right, result.Size(0)))
            TileProduct.Run(View(left, leftTransposed), View(right, rightTransposed), result);
        else
            MmOut.Call(leftTransposed ? left.t() : left, rightTransposed ? right.t() : right, result);
    }

    /// <summary>left · right in a new matrix.</summary>
    /// <param name="dtype">The factors', or fp32.</param>
    internal static Tensor Of(Tensor left, bool leftTransposed, Tensor right, bool rightTransposed, Dtype dtype)
    {
        var (rows, columns) = (left.Size(leftTransposed ? 1 : 0), right.Size(rightTransposed ? 0 : 1));
        // libtorch's results have the factors' type.
        var direct = TileProduct.Supports(left, right, rows) ? dtype : left.Dtype;
        var result = Tensor.empty([rows, columns], direct, left.Device);
        Multiply(left, leftTransposed, right, rightTransposed, result);
        return result.to(dtype);
    }

    /// <summary>sum += left · right.</summary>
    /// <param name="sum">Of the factors' type, or fp32.</param>
    internal static void Add(Tensor left, bool leftTransposed, Tensor right, bool rightTransposed, Tensor sum)
    {
        if (sum.Dtype == Dtype.Float32 && TileProduct.Supports(left, right, sum.Size(0)))
        {
            TileProduct.Run(View(left, leftTransposed), View(right, rightTransposed), sum, accumulate: true);
            return;
        }
        var (a, b) = (leftTransposed ? left.t() : left, rightTransposed ? right.t() : right);
        if (sum.Dtype == left.Dtype)
            sum.addmm_(a, b);
        else
            Conversion.Add(sum, a.mm(b));
    }

    private static Matrix View(Tensor tensor, bool transposed) =>
        transposed ? Matrix.Of(tensor).Transposed : Matrix.Of(tensor);
}
