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
        using var numbers = FloatBuffer.Read(source, offset / size, destination.Length / size);
        if (Info.Type == WeightType.F16)
            LimitToHalf(numbers.Span);
        Floats.FromSingle(numbers.Span, Info.Type, destination);
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
