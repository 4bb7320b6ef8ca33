using Caravan.Torch;

namespace Caravan.Kernels.Products;

/// <summary>A bf16 matrix in memory, or its transpose.</summary>
/// <param name="Rows">Rows as they are stored, one after the other without gaps.</param>
internal readonly unsafe record struct Matrix(nint Address, int Rows, int Columns, bool IsTransposed)
{
    /// <param name="tensor">Contiguous; its last axis is the columns.</param>
    internal static Matrix Of(Tensor tensor)
    {
        var columns = tensor.Size(-1);
        return new((nint)tensor.DataPointer, checked((int)(tensor.Count / Math.Max(1, columns))), (int)columns, false);
    }

    internal Matrix Transposed => this with { IsTransposed = !IsTransposed };

    /// <summary>Rows of what it stands for.</summary>
    internal int Height => IsTransposed ? Columns : Rows;

    /// <summary>Columns of what it stands for.</summary>
    internal int Width => IsTransposed ? Rows : Columns;

    /// <summary>The element at a row and a column as they are stored.</summary>
    internal ushort* At(nint row, nint column) => (ushort*)Address + row * Columns + column;
}
