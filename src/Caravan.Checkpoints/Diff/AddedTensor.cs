using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// diff + raw in single precision, with the diff's corrections. When all of it has been read, it must have the hash
/// <paramref name="expectedHash"/>, if the diff gives one.
/// </summary>
internal sealed class AddedTensor(
    WeightTensor diff, WeightTensor raw, CorrectionsFile? corrections, string? expectedHash, string path)
    : WeightTensor(diff.Info.WithType(WeightType.F32))
{
    private readonly BlockHash _hash = new(diff.Info.ElementCount * sizeof(float));

    public override void Read(long offset, Span<byte> destination)
    {
        var recovered = MemoryMarshal.Cast<byte, float>(destination);
        var first = offset / sizeof(float);
        using var difference = FloatBuffer.Read(diff, first, recovered.Length);
        using var start = FloatBuffer.Read(raw, first, recovered.Length);
        TensorPrimitives.Add(difference.Span, start.Span, recovered);
        corrections?.Apply(Info.Name, first, recovered);
        if (expectedHash is not null)
            _hash.Add(offset, destination);
    }

    public override void Release()
    {
        if (expectedHash is not null && expectedHash != _hash.Value)
        {
            throw new BadInputException(
                $"{path}: tensor '{Info.Name}' is not the one that the diff was made of. Either the diff is damaged, or " +
                "the base is not exactly the one that its author used.");
        }
    }
}
