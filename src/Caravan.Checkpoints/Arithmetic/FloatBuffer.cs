using System.Buffers;
using System.Runtime.InteropServices;

namespace Caravan.Checkpoints;

/// <summary>Pieces of a tensor as singles, in borrowed memory.</summary>
internal ref struct FloatBuffer
{
    private float[]? _rented;

    private FloatBuffer(float[] rented, int length)
    {
        _rented = rented;
        Span = rented.AsSpan(0, length);
    }

    public Span<float> Span { get; }

    public static FloatBuffer OfLength(int length) => new(ArrayPool<float>.Shared.Rent(length), length);

    /// <summary>Reads <paramref name="count"/> elements from element <paramref name="first"/> on.</summary>
    public static FloatBuffer Read(WeightTensor tensor, long first, int count)
    {
        var buffer = OfLength(count);
        if (tensor.Info.Type == WeightType.F32)
        {
            tensor.Read(first * sizeof(float), MemoryMarshal.AsBytes(buffer.Span));
            return buffer;
        }
        using var stored = StoredNumbers.Read(tensor, first, count);
        stored.ToSingle(0, buffer.Span);
        return buffer;
    }

    public void Dispose()
    {
        if (_rented is not null)
            ArrayPool<float>.Shared.Return(_rented);
        _rented = null;
    }
}
