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
        var type = tensor.Info.Type;
        if (type == WeightType.F32)
        {
            tensor.Read(first * sizeof(float), MemoryMarshal.AsBytes(buffer.Span));
            return buffer;
        }
        var bytes = ArrayPool<byte>.Shared.Rent(count * type.Size());
        try
        {
            var stored = bytes.AsSpan(0, count * type.Size());
            tensor.Read(first * type.Size(), stored);
            Floats.ToSingle(type, stored, buffer.Span);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
        return buffer;
    }

    public void Dispose()
    {
        if (_rented is not null)
            ArrayPool<float>.Shared.Return(_rented);
        _rented = null;
    }
}
