using System.Runtime.InteropServices;

namespace Caravan.Checkpoints;

/// <summary>Looks at a tensor's numbers while they are read: their sum, and whether all are finite.</summary>
internal sealed class InspectedTensor(WeightTensor source) : WeightTensor(source.Info)
{
    private readonly double[] _sums = new double[source.Info.ByteLength / TensorPump.ChunkLength + 1];

    /// <summary>The same for any order in which the chunks were read.</summary>
    public double Sum => _sums.Sum();

    public bool IsFinite { get; private set; } = true;

    public override void Read(long offset, Span<byte> destination)
    {
        source.Read(offset, destination);
        if (!Info.Type.IsFloatingPoint())
            return;
        if (Info.Type == WeightType.F32)
        {
            Inspect(offset, MemoryMarshal.Cast<byte, float>(destination));
            return;
        }
        using var numbers = FloatBuffer.OfLength(destination.Length / Info.Type.Size());
        Floats.ToSingle(Info.Type, destination, numbers.Span);
        Inspect(offset, numbers.Span);
    }

    public override void Release() => source.Release();

    private void Inspect(long offset, ReadOnlySpan<float> numbers)
    {
        _sums[offset / TensorPump.ChunkLength] += Floats.Sum(numbers);
        if (!Floats.AllFinite(numbers))
            IsFinite = false;
    }
}
