using System.Numerics.Tensors;

namespace Caravan.Checkpoints;

/// <summary>diff + raw, added in single precision and rounded once to <paramref name="type"/>.</summary>
internal sealed class AddedTensor(WeightTensor diff, WeightTensor raw, WeightType type)
    : WeightTensor(diff.Info.WithType(type))
{
    public override void Read(long offset, Span<byte> destination)
    {
        var size = Info.Type.Size();
        var (first, count) = (offset / size, destination.Length / size);
        using var difference = StoredNumbers.Read(diff, first, count);
        using var start = StoredNumbers.Read(raw, first, count);
        Span<float> sums = stackalloc float[StoredNumbers.TileLength];
        Span<float> addends = stackalloc float[StoredNumbers.TileLength];
        for (var at = 0; at < count; at += StoredNumbers.TileLength)
        {
            var length = Math.Min(StoredNumbers.TileLength, count - at);
            var sum = sums[..length];
            var addend = addends[..length];
            difference.ToSingle(at, sum);
            start.ToSingle(at, addend);
            TensorPrimitives.Add(sum, addend, sum);
            Floats.FromSingle(sum, Info.Type, destination.Slice(at * size, length * size));
        }
    }

    public override void Release()
    {
        diff.Release();
        raw.Release();
    }
}
