using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Caravan.Checkpoints;

/// <summary>tuned − raw in single precision, noting where adding raw again would not give tuned back.</summary>
internal sealed class SubtractedTensor(WeightTensor tuned, WeightTensor raw, DiffNotes? notes) : WeightTensor(
    tuned.Info.WithType(WeightType.F32))
{
    private readonly BlockHash _hash = new(tuned.Info.ElementCount * sizeof(float));

    public override void Read(long offset, Span<byte> destination)
    {
        var difference = MemoryMarshal.Cast<byte, float>(destination);
        var first = offset / sizeof(float);
        using var wanted = FloatBuffer.Read(tuned, first, difference.Length);
        using var start = FloatBuffer.Read(raw, first, difference.Length);
        TensorPrimitives.Subtract(wanted.Span, start.Span, difference);
        if (notes is null)
            return;
        _hash.Add(offset, MemoryMarshal.AsBytes(wanted.Span));
        using var recovered = FloatBuffer.OfLength(difference.Length);
        TensorPrimitives.Add(difference, start.Span, recovered.Span);
        NoteDifferences(
            first, MemoryMarshal.Cast<float, uint>(wanted.Span), MemoryMarshal.Cast<float, uint>(recovered.Span));
    }

    public override void Release() => notes?.Finish(Info.Name, _hash.Value);

    private void NoteDifferences(long first, ReadOnlySpan<uint> wanted, ReadOnlySpan<uint> recovered)
    {
        List<(long, uint)>? found = null;
        for (var at = 0; at < wanted.Length; at++)
        {
            var equal = wanted[at..].CommonPrefixLength(recovered[at..]);
            at += equal;
            if (at < wanted.Length)
                (found ??= []).Add((first + at, wanted[at]));
        }
        if (found is not null)
            notes!.Add(Info.Name, found);
    }
}
