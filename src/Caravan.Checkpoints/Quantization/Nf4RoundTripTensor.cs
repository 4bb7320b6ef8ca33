namespace Caravan.Checkpoints;

/// <summary>
/// A weight as a QLoRA run saw it: quantised to NF4 with double quantisation and dequantised to bf16. Merging into it
/// keeps the rounding that the adapter was trained against.
/// </summary>
internal sealed class Nf4RoundTripTensor : WeightTensor
{
    private readonly WeightTensor _source;
    private Lazy<(float[] Original, float[] Rounded)> _scales;

    public Nf4RoundTripTensor(WeightTensor source)
        : base(source.Info.WithType(WeightType.BF16))
    {
        _source = source;
        _scales = new(MeasureScales);
    }

    public override void Read(long offset, Span<byte> destination)
    {
        var first = offset / sizeof(ushort);
        using var numbers = FloatBuffer.Read(_source, first, destination.Length / sizeof(ushort));
        var (original, rounded) = _scales.Value;
        for (var i = 0; i < numbers.Span.Length;)
        {
            var (block, within) = Math.DivRem(first + i, Nf4.BlockSize);
            var piece = numbers.Span.Slice(i, (int)Math.Min(Nf4.BlockSize - within, numbers.Span.Length - i));
            Nf4.RoundTrip(piece, original[block], rounded[block]);
            i += piece.Length;
        }
        Floats.FromSingle(numbers.Span, WeightType.BF16, destination);
    }

    public override void Release()
    {
        _scales = new(MeasureScales);
        _source.Release();
    }

    private (float[] Original, float[] Rounded) MeasureScales()
    {
        var count = Info.ElementCount;
        var scales = new float[(count + Nf4.BlockSize - 1) / Nf4.BlockSize];
        for (long at = 0; at < count; at += TensorPump.ChunkLength / sizeof(float))
        {
            using var numbers = FloatBuffer.Read(
                _source, at, (int)Math.Min(TensorPump.ChunkLength / sizeof(float), count - at));
            for (var i = 0; i < numbers.Span.Length; i++)
            {
                ref var scale = ref scales[(at + i) / Nf4.BlockSize];
                scale = MathF.Max(scale, MathF.Abs(numbers.Span[i]));
            }
        }
        var rounded = (float[])scales.Clone();
        Nf4.RoundTripScales(rounded);
        return (scales, rounded);
    }
}
