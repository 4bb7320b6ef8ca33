using System.Runtime.InteropServices;

namespace Caravan.Checkpoints;

/// <summary>
/// A vocabulary matrix in single precision with more rows than the model has; each new row is the same.
/// </summary>
internal sealed class ExtendedRowsTensor(WeightTensor source, long rows, PadRow padRow) : WeightTensor(
    new TensorInfo(source.Info.Name, WeightType.F32, [rows, source.Info.Shape[1]]))
{
    private readonly Lazy<float[]> _row = new(() =>
        padRow == PadRow.Mean ? RowMean.Compute(source) : new float[source.Info.Shape[1]]);

    public override void Read(long offset, Span<byte> destination)
    {
        var numbers = MemoryMarshal.Cast<byte, float>(destination);
        var element = offset / sizeof(float);
        var old = (int)Math.Clamp(source.Info.ElementCount - element, 0, numbers.Length);
        if (old > 0)
        {
            using var stored = FloatBuffer.Read(source, element, old);
            stored.Span.CopyTo(numbers);
        }
        for (var i = old; i < numbers.Length; i++)
            numbers[i] = _row.Value[(element + i) % _row.Value.Length];
    }
}
