namespace Caravan.Checkpoints;

/// <summary>Fills <paramref name="destination"/> with a tensor's bytes from <paramref name="offset"/> on.</summary>
public delegate void TensorReader(long offset, Span<byte> destination);

/// <summary>A tensor given by a function: the building block of every conversion.</summary>
public sealed class ComputedTensor(TensorInfo info, TensorReader read, Action? release = null) : WeightTensor(info)
{
    public override void Read(long offset, Span<byte> destination) => read(offset, destination);

    public override void Release() => release?.Invoke();
}
