using System.Runtime.InteropServices;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A recovered tensor in single precision with the diff's corrections. When all of it has been read, it must have the
/// hash <paramref name="expectedHash"/>, if the diff gives one.
/// </summary>
internal sealed class CorrectedTensor(
    WeightTensor sum, CorrectionsFile? corrections, string? expectedHash, string path) : WeightTensor(sum.Info)
{
    private readonly BlockHash _hash = new(sum.Info.ByteLength);

    public override void Read(long offset, Span<byte> destination)
    {
        sum.Read(offset, destination);
        corrections?.Apply(Info.Name, offset / sizeof(float), MemoryMarshal.Cast<byte, float>(destination));
        if (expectedHash is not null)
            _hash.Add(offset, destination);
    }

    public override void Release()
    {
        sum.Release();
        if (expectedHash is not null && expectedHash != _hash.Value)
        {
            throw new BadInputException(
                $"{path}: tensor '{Info.Name}' is not the one that the diff was made of. Either the diff is damaged, " +
                "or the base is not exactly the one that its author used.");
        }
    }
}
