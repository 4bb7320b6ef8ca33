namespace Caravan.Checkpoints;

/// <summary>A tensor whose bytes lie in memory.</summary>
/// <param name="info">Name, type and shape.</param>
/// <param name="pointer">The first byte; valid until the tensor is no longer read.</param>
/// <param name="release">Called after the last read.</param>
internal sealed unsafe class MemoryTensor(TensorInfo info, nint pointer, Action? release = null) : WeightTensor(info)
{
    public override void Read(long offset, Span<byte> destination) =>
        InPlace(offset, destination.Length).CopyTo(destination);

    public override void Release() => release?.Invoke();

    internal override ReadOnlySpan<byte> InPlace(long offset, int length) => new((byte*)pointer + offset, length);
}
