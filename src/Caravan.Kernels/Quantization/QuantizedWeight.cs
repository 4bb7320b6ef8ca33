using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>A matrix [rows, columns] kept in few bits, which is dequantised piece by piece where it is multiplied. It
/// owns its tensors.</summary>
public abstract class QuantizedWeight : IDisposable
{
    private protected QuantizedWeight(long rows, long columns) => (Rows, Columns) = (rows, columns);

    public long Rows { get; }

    public long Columns { get; }

    /// <summary>What the matrix is stored as.</summary>
    public abstract IReadOnlyList<Tensor> Parts { get; }

    public Device Device => Parts[0].Device;

    /// <summary>Bytes of all parts.</summary>
    public long ByteLength => Parts.Sum(part => part.Count * part.Dtype.Size());

    /// <summary>Whether all numbers are finite; a matrix that holds others cannot be quantised.</summary>
    public abstract bool IsFinite { get; }

    /// <summary>Rows are dequantised from multiples of this on.</summary>
    internal abstract long RowAlignment { get; }

    /// <summary>The whole matrix.</summary>
    public Tensor Dequantize(Dtype dtype)
    {
        using var noGradients = GradientMode.Disable();
        var result = Tensor.empty([Rows, Columns], dtype, Device);
        DequantizeRows(0, result);
        return result;
    }

    /// <summary>The same matrix on another device. This one is unchanged.</summary>
    public abstract QuantizedWeight To(Device device);

    public void Dispose()
    {
        foreach (var part in Parts)
            part.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Fills in some rows.</summary>
    /// <param name="first">A multiple of <see cref="RowAlignment"/>.</param>
    /// <param name="target">Contiguous, [rows wanted, columns].</param>
    internal abstract void DequantizeRows(long first, Tensor target);
}
