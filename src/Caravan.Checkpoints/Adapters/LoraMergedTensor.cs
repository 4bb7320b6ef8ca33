using System.Numerics.Tensors;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>W + s·(B·A) in single precision, cast back once. The factors are in memory only while it is read.</summary>
internal sealed class LoraMergedTensor : WeightTensor
{
    private readonly WeightTensor _base, _a, _b;
    private readonly float _scale;
    private readonly bool _transposed;
    private Lazy<(float[] A, float[] B)> _factors;

    public LoraMergedTensor(
        WeightTensor original, WeightTensor a, WeightTensor b, float scale, bool transposed, string adapter)
        : base(original.Info)
    {
        (_base, _a, _b, _scale, _transposed) = (original, a, b, scale, transposed);
        _factors = Load();
        var (rows, columns) = transposed ? (1, 0) : (0, 1);
        if (original.Info.Shape.Count != 2 || a.Info.Shape.Count != 2 || b.Info.Shape.Count != 2
            || a.Info.Shape[0] != b.Info.Shape[1] || b.Info.Shape[0] != original.Info.Shape[rows]
            || a.Info.Shape[1] != original.Info.Shape[columns] || !original.Info.Type.IsFloatingPoint())
        {
            throw new BadInputException(
                $"{adapter}: the factors A {a.Info.ShapeText} and B {b.Info.ShapeText} do not fit {original.Info}. " +
                "The adapter is for another model.");
        }
    }

    public override void Read(long offset, Span<byte> destination)
    {
        var size = Info.Type.Size();
        var first = offset / size;
        using var weights = FloatBuffer.Read(_base, first, destination.Length / size);
        using var change = FloatBuffer.OfLength(weights.Span.Length);
        var (a, b) = _factors.Value;
        var columns = Info.Shape[1];
        for (var at = 0; at < weights.Span.Length;)
        {
            var (row, column) = Math.DivRem(first + at, columns);
            var count = (int)Math.Min(columns - column, weights.Span.Length - at);
            Product(a, b, (int)row, (int)column, change.Span.Slice(at, count));
            at += count;
        }
        TensorPrimitives.Multiply(change.Span, _scale, change.Span);
        TensorPrimitives.Add(weights.Span, change.Span, weights.Span);
        Floats.FromSingle(weights.Span, Info.Type, destination);
    }

    public override void Release()
    {
        _factors = Load();
        _base.Release();
    }

    /// <summary>A piece of a row of B·A, or of its transpose.</summary>
    private void Product(float[] a, float[] b, int row, int column, Span<float> result)
    {
        var rank = (int)_a.Info.Shape[0];
        var inputs = (int)_a.Info.Shape[1];
        result.Clear();
        if (!_transposed)
        {
            for (var k = 0; k < rank; k++)
            {
                TensorPrimitives.MultiplyAdd(
                    a.AsSpan(k * inputs + column, result.Length), b[row * rank + k], result, result);
            }
            return;
        }
        for (var i = 0; i < result.Length; i++)
        {
            for (var k = 0; k < rank; k++)
                result[i] += b[(column + i) * rank + k] * a[k * inputs + row];
        }
    }

    private Lazy<(float[] A, float[] B)> Load() => new(() => (ReadFloats(_a), ReadFloats(_b)));

    private static float[] ReadFloats(WeightTensor tensor)
    {
        using var numbers = FloatBuffer.Read(tensor, 0, checked((int)tensor.Info.ElementCount));
        return numbers.Span.ToArray();
    }
}
