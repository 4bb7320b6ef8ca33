namespace Caravan.Checkpoints;

/// <summary>
/// A query or key projection <c>[heads · d, columns]</c> with the rows of each head reordered. To halves (Hugging Face)
/// from adjacent rotary pairs (Meta): new row j takes old row 2j, new row d/2 + j takes old row 2j + 1. Or back.
/// </summary>
internal sealed class RotaryRowsTensor(WeightTensor source, long heads, bool toHalves) : WeightTensor(source.Info)
{
    /// <summary>Whether a matrix can be divided into so many heads of an even number of rows.</summary>
    public static bool Fits(TensorInfo info, long heads) =>
        heads > 0 && info.Shape is [var rows, _] && rows % (2 * heads) == 0;

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

    public override void Release() => source.Release();

    private long OldRow(long row)
    {
        var d = Info.Shape[0] / heads;
        var (head, j) = Math.DivRem(row, d);
        if (toHalves)
            return head * d + (j < d / 2 ? 2 * j : 2 * (j - d / 2) + 1);
        return head * d + (j % 2 == 0 ? j / 2 : d / 2 + j / 2);
    }
}
