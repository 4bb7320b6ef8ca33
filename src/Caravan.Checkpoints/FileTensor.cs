namespace Caravan.Checkpoints;

/// <summary>A tensor that lies in one piece in a file.</summary>
internal sealed class FileTensor(TensorInfo info, WeightFile file, long position) : WeightTensor(info)
{
    public WeightFile File => file;

    /// <summary>Where its first byte lies in the file.</summary>
    public long Position => position;

    public override void Read(long offset, Span<byte> destination) => file.Read(position + offset, destination);

    public override WeightTensor Mapped() => Info.ByteLength == 0
        ? this
        : new MemoryTensor(Info, file.Map() + (nint)position, () => file.Unload(position, Info.ByteLength));

    public MappedTensor Map(bool writable = false) =>
        new(Info, Info.ByteLength == 0 ? 0 : file.Map(writable) + (nint)position);
}
