namespace Caravan.Checkpoints;

/// <summary>
/// A tensor's bytes in memory, without a copy: a view of the mapped file. Valid, and the pointer too, until the
/// object that gave it is disposed. Unless it was asked for as writable, writing through the pointer ends the process.
/// </summary>
public sealed class MappedTensor
{
    internal MappedTensor(TensorInfo info, nint pointer)
    {
        Info = info;
        Pointer = pointer;
    }

    public TensorInfo Info { get; }

    /// <summary>The first byte. Zero for a tensor without elements.</summary>
    public nint Pointer { get; }

    /// <summary>
    /// Whether the pointer is a multiple of the element size. Files by careless writers are not aligned.
    /// </summary>
    public bool IsAligned => Pointer % Info.Type.Size() == 0;

    /// <summary>All bytes of a tensor of less than 2 GiB; see <see cref="Slice"/> for larger ones.</summary>
    /// <exception cref="OverflowException">The tensor has 2 GiB or more.</exception>
    public ReadOnlySpan<byte> Bytes => Slice(0, checked((int)Info.ByteLength));

    /// <summary><paramref name="length"/> bytes from <paramref name="offset"/> on.</summary>
    public unsafe ReadOnlySpan<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Info.ByteLength);
        return length == 0 ? [] : new ReadOnlySpan<byte>((byte*)Pointer + offset, length);
    }
}
