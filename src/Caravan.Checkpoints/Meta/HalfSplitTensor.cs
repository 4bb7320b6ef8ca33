namespace Caravan.Checkpoints;

/// <summary>
/// A query or key projection <c>[heads · d, columns]</c> with the rows of each head reordered from adjacent rotary
/// pairs (Meta) to halves (Hugging Face): new row j takes old row 2j, new row d/2 + j takes old row 2j + 1.
/// </summary>
internal sealed class HalfSplitTensor(WeightTensor source, long heads) : WeightTensor(source.Info)
{
    public override void Read(long offset, Span<byte> destination)
    {
        var rowLength = Info.Shape[1] * Info.Type.Size();
        while (destination.Length > 0)
        {
            var (row, at) = Math.DivRem(offset, rowLength);
            var count = (int)Math.Min(rowLength - at, destination.Length);
            source.Read(OldRow(row) * rowLength + at, destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    private long OldRow(long row)
    {
        var d = Info.Shape[0] / heads;
        var (head, j) = Math.DivRem(row, d);
        return head * d + (j < d / 2 ? 2 * j : 2 * (j - d / 2) + 1);
    }
}
