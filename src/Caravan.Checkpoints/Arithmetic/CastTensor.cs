using System.Runtime.InteropServices;

namespace Caravan.Checkpoints;

/// <summary>
/// A tensor in another floating-point type. Finite numbers beyond the range of half precision are reported through
/// <paramref name="overflowed"/>, or become its largest number if <paramref name="saturate"/> is set.
/// </summary>
internal sealed class CastTensor(WeightTensor source, WeightType type, bool saturate, Action<string>? overflowed)
    : WeightTensor(source.Info.WithType(type))
{
    /// <summary>The largest single that does not round to infinity in half precision.</summary>
    private const float HalfLimit = 65519.996f;

    /// <summary>The tensor itself if it has the type or is no floating-point tensor, else its cast.</summary>
    public static WeightTensor To(
        WeightType? type, WeightTensor source, bool saturate = false, Action<string>? overflowed = null) =>
        type is not { } wanted || source.Info.Type == wanted || !source.Info.Type.IsFloatingPoint()
            ? source
            : new CastTensor(source, wanted, saturate, overflowed);

    public override void Read(long offset, Span<byte> destination)
    {
        var size = Info.Type.Size();
        var count = destination.Length / size;
        using var stored = StoredNumbers.Read(source, offset / size, count);
        if (Info.Type == WeightType.F32)
        {
            stored.ToSingle(0, MemoryMarshal.Cast<byte, float>(destination));
            return;
        }
        Span<float> numbers = stackalloc float[StoredNumbers.TileLength];
        for (var at = 0; at < count; at += StoredNumbers.TileLength)
        {
            var tile = numbers[..Math.Min(StoredNumbers.TileLength, count - at)];
            stored.ToSingle(at, tile);
            if (Info.Type == WeightType.F16)
                LimitToHalf(tile);
            Floats.FromSingle(tile, Info.Type, destination.Slice(at * size, tile.Length * size));
        }
    }

    public override void Release() => source.Release();

    private void LimitToHalf(Span<float> numbers)
    {
        foreach (ref var number in numbers)
        {
            if (MathF.Abs(number) <= HalfLimit || !float.IsFinite(number))
                continue;
            if (!saturate)
            {
                overflowed?.Invoke(Info.Name);
                return;
            }
            number = MathF.CopySign((float)Half.MaxValue, number);
        }
    }
}
