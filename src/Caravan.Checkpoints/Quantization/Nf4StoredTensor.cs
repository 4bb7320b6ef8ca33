using System.Runtime.InteropServices;

namespace Caravan.Checkpoints;

/// <summary>
/// A weight that bitsandbytes saved in NF4, dequantised: level · scale in single precision, cast once.
/// </summary>
/// <param name="info">Name, shape and type before it was quantised.</param>
/// <param name="packed">Two codes a byte, the earlier one in the upper half.</param>
/// <param name="levels">The 16 numbers that the codes stand for.</param>
/// <param name="readScales">Gives the scale of each block.</param>
/// <param name="blockSize">Weights that share a scale.</param>
internal sealed class Nf4StoredTensor(
    TensorInfo info, WeightTensor packed, float[] levels, Func<float[]> readScales, int blockSize) : WeightTensor(info)
{
    private Lazy<float[]> _scales = new(readScales);

    public override void Read(long offset, Span<byte> destination)
    {
        var first = offset / Info.Type.Size();
        using var numbers = FloatBuffer.OfLength(destination.Length / Info.Type.Size());
        var codes = new byte[(first + numbers.Span.Length + 1) / 2 - first / 2];
        packed.Read(first / 2, codes);
        var scales = _scales.Value;
        for (var i = 0; i < numbers.Span.Length; i++)
        {
            var element = first + i;
            var pair = codes[element / 2 - first / 2];
            numbers.Span[i] = levels[element % 2 == 0 ? pair >> 4 : pair & 15] * scales[element / blockSize];
        }
        Floats.FromSingle(numbers.Span, Info.Type, destination);
    }

    public override void Release() => _scales = new(readScales);

    /// <summary>Scales that are stored as they are.</summary>
    public static float[] ReadFloats(WeightTensor tensor) =>
        MemoryMarshal.Cast<byte, float>(tensor.ReadAll()).ToArray();

    /// <summary>Scales that are quantised themselves: map[code] · outer scale + offset.</summary>
    public static float[] ReadNested(
        WeightTensor codes, WeightTensor map, WeightTensor outerScales, int outerBlockSize, float offset)
    {
        var (values, outer) = (ReadFloats(map), ReadFloats(outerScales));
        var bytes = codes.ReadAll();
        var scales = new float[bytes.Length];
        for (var i = 0; i < scales.Length; i++)
            scales[i] = values[bytes[i]] * outer[i / outerBlockSize] + offset;
        return scales;
    }
}
