using System.Buffers;

namespace Caravan.Checkpoints;

/// <summary>A piece of a tensor as it is stored, in place or in borrowed memory, to be widened tile by tile.</summary>
internal ref struct StoredNumbers
{
    /// <summary>
    /// So many numbers are worked on at once that all passes over them happen in the processor's first cache; reading
    /// so few at a time would cost more than computing.
    /// </summary>
    public const int TileLength = 2048;

    private readonly WeightType _type;
    private readonly ReadOnlySpan<byte> _bytes;
    private byte[]? _rented;

    private StoredNumbers(WeightType type, ReadOnlySpan<byte> bytes, byte[]? rented)
    {
        _type = type;
        _bytes = bytes;
        _rented = rented;
    }

    /// <summary>Reads <paramref name="count"/> elements from element <paramref name="first"/> on.</summary>
    public static StoredNumbers Read(WeightTensor tensor, long first, int count)
    {
        var size = tensor.Info.Type.Size();
        var inPlace = tensor.InPlace(first * size, count * size);
        if (!inPlace.IsEmpty)
            return new StoredNumbers(tensor.Info.Type, inPlace, null);
        var rented = ArrayPool<byte>.Shared.Rent(count * size);
        try
        {
            tensor.Read(first * size, rented.AsSpan(0, count * size));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(rented);
            throw;
        }
        return new StoredNumbers(tensor.Info.Type, rented.AsSpan(0, count * size), rented);
    }

    /// <summary>
    /// Fills <paramref name="destination"/> with the numbers from <paramref name="first"/> of the piece on.
    /// </summary>
    public readonly void ToSingle(int first, Span<float> destination)
    {
        var size = _type.Size();
        Floats.ToSingle(_type, _bytes.Slice(first * size, destination.Length * size), destination);
    }

    public void Dispose()
    {
        if (_rented is not null)
            ArrayPool<byte>.Shared.Return(_rented);
        _rented = null;
    }
}
