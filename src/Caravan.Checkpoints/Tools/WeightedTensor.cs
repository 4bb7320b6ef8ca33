using System.Numerics.Tensors;

namespace Caravan.Checkpoints;

/// <summary>Σ wᵢ·xᵢ in single precision, cast once.</summary>
internal sealed class WeightedTensor(TensorInfo info, IReadOnlyList<WeightTensor> tensors, IReadOnlyList<float> weights)
    : WeightTensor(info)
{
    public override void Read(long offset, Span<byte> destination)
    {
        var size = Info.Type.Size();
        var (first, count) = (offset / size, destination.Length / size);
        using var sum = FloatBuffer.OfLength(count);
        sum.Span.Clear();
        for (var i = 0; i < tensors.Count; i++)
        {
            using var numbers = FloatBuffer.Read(tensors[i], first, count);
            TensorPrimitives.MultiplyAdd(numbers.Span, weights[i], sum.Span, sum.Span);
        }
        Floats.FromSingle(sum.Span, Info.Type, destination);
    }
}
