using Caravan.Checkpoints;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// The greatest magnitude of each block of 64 weights: as fp32 numbers, or quantised themselves to 8 bits in blocks of
/// 256 around their mean (double quantisation, Dettmers et al. 2023, arXiv:2305.14314, section 3), which takes 0.127
/// instead of 0.5 bits of each weight.
/// </summary>
public sealed class BlockScales
{
    private readonly Tensor _numbers; // [blocks]: fp32, or uint8 positions in the map
    private readonly Nested? _nested;

    private BlockScales(Tensor numbers, Nested? nested) => (_numbers, _nested) = (numbers, nested);

    /// <summary>Scales as they are, fp32 [blocks]. Takes ownership.</summary>
    public static BlockScales Exact(Tensor scales) => new(scales.Owned(), null);

    /// <summary>Scales in 8 bits. Takes ownership.</summary>
    /// <param name="codes">uint8 [blocks]: positions in the dynamic map.</param>
    /// <param name="nested">fp32 [blocks / 256, rounded up]: the greatest distance from the offset in each 256.</param>
    /// <param name="offset">The mean of the scales.</param>
    /// <param name="map">fp32 [256]: what the codes stand for; left out: the dynamic map.</param>
    public static BlockScales Quantized(Tensor codes, Tensor nested, float offset, Tensor? map = null) => new(
        codes.Owned(),
        new Nested(nested.Owned(), (map ?? Tensor.tensor(Nf4.DynamicMap).to(codes.Device)).Owned(), offset));

    /// <summary>Quantises scales.</summary>
    /// <param name="scales">fp32 [blocks], on the CPU. The caller keeps it.</param>
    public static BlockScales Quantize(Tensor scales)
    {
        var values = scales.Data<float>();
        double sum = 0;
        foreach (var value in values)
            sum += value;
        var offset = values.Length == 0 ? 0 : (float)(sum / values.Length);
        var codes = new byte[values.Length];
        var nested = new float[(values.Length + Nf4.ScaleBlockSize - 1) / Nf4.ScaleBlockSize];
        for (var i = 0; i < values.Length; i++)
            nested[i / Nf4.ScaleBlockSize] = MathF.Max(nested[i / Nf4.ScaleBlockSize], MathF.Abs(values[i] - offset));
        for (var i = 0; i < values.Length; i++)
        {
            var greatest = nested[i / Nf4.ScaleBlockSize];
            codes[i] = (byte)Nf4.Nearest(greatest == 0 ? 0 : (values[i] - offset) / greatest);
        }
        return Quantized(Tensor.tensor(codes), Tensor.tensor(nested), offset);
    }

    /// <summary>Number of blocks.</summary>
    public long Count => _numbers.Count;

    /// <summary>What the scales are stored as.</summary>
    public IReadOnlyList<Tensor> Parts => _nested is null ? [_numbers] : [_numbers, _nested.Greatest, _nested.Map];

    /// <summary>The mean that is subtracted before the scales are quantised; 0 where they are not.</summary>
    public float Offset => _nested?.Offset ?? 0;

    internal bool AreFinite
    {
        get
        {
            using var scope = new TensorScope();
            return float.IsFinite(Offset) && (_nested?.Greatest ?? _numbers).isfinite().all().item() != 0;
        }
    }

    internal BlockScales To(Device device) => _nested is null
        ? Exact(Copy(_numbers, device))
        : Quantized(
            Copy(_numbers, device), Copy(_nested.Greatest, device), _nested.Offset, Copy(_nested.Map, device));

    /// <summary>The scales of some blocks, fp32 [count].</summary>
    internal Tensor Restore(long first, long count)
    {
        var part = _numbers.narrow(0, first, count);
        if (_nested is null)
            return part;
        using var scope = new TensorScope();
        long start = first / Nf4.ScaleBlockSize, end = (first + count + Nf4.ScaleBlockSize - 1) / Nf4.ScaleBlockSize;
        var greatest = _nested.Greatest.narrow(0, start, end - start).repeat_interleave(Nf4.ScaleBlockSize, 0)
            .narrow(0, first - start * Nf4.ScaleBlockSize, count);
        return scope.Keep(_nested.Map.index_select(0, part.to(Dtype.Int64)).mul_(greatest).add_(_nested.Offset));
    }

    private static Tensor Copy(Tensor tensor, Device device) =>
        tensor.Device == device ? tensor.clone() : tensor.to(device);

    private sealed record Nested(Tensor Greatest, Tensor Map, float Offset);
}
