namespace Caravan.Checkpoints;

/// <summary>
/// A tensor whose numbers are read piece by piece when they are needed: from a file, from memory, or computed from
/// other such tensors. All streaming tools of this room take and give these.
/// </summary>
public abstract class WeightTensor(TensorInfo info)
{
    public TensorInfo Info { get; } = info;

    /// <summary>
    /// Reads <paramref name="destination"/>.Length bytes from <paramref name="offset"/> of the row-major bytes. Safe
    /// to call from several threads. Offset and length are multiples of the element size.
    /// </summary>
    /// <exception cref="Caravan.Files.BadInputException">The file behind it is shorter than it was.</exception>
    public abstract void Read(long offset, Span<byte> destination);

    /// <summary>Called once after the last read: what was loaded only for this tensor may go.</summary>
    public virtual void Release()
    {
    }

    /// <summary>The same numbers in mapped memory, where they lie in one piece in a file: they are then worked on
    /// without being copied first. <see cref="Release"/> takes the pages out of the process again.</summary>
    public virtual WeightTensor Mapped() => this;

    /// <summary>The bytes where they lie, if they lie in memory; else empty.</summary>
    internal virtual ReadOnlySpan<byte> InPlace(long offset, int length) => [];

    /// <summary>A tensor over bytes in memory that must stay valid until it is no longer read.</summary>
    public static WeightTensor FromMemory(TensorInfo info, nint pointer) => new MemoryTensor(info, pointer);

    /// <summary>A tensor over the bytes of an array.</summary>
    public static WeightTensor FromMemory(TensorInfo info, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length != info.ByteLength)
            throw new ArgumentException($"{info} needs {info.ByteLength} bytes, not {bytes.Length}.", nameof(bytes));
        return new ComputedTensor(
            info, (offset, destination) => bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination));
    }

    /// <summary>The same numbers under another name.</summary>
    public WeightTensor Renamed(string name) =>
        name == Info.Name ? this : new ComputedTensor(Info.WithName(name), Read, Release);

    /// <summary>The same numbers in another floating-point type, each rounded to the nearest; what a type cannot hold
    /// becomes infinite.</summary>
    public WeightTensor As(WeightType type) => CastTensor.To(type, this);

    /// <summary>All bytes; for tensors that are small by their nature.</summary>
    public byte[] ReadAll()
    {
        var bytes = new byte[Info.ByteLength];
        Read(0, bytes);
        return bytes;
    }
}
