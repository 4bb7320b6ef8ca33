namespace Caravan.Checkpoints;

/// <summary>Matrices of equal height side by side: <c>[rows, sum of columns]</c>.</summary>
internal sealed class ColumnsTensor(TensorInfo info, IReadOnlyList<WeightTensor> parts) : WeightTensor(info)
{
    public override void Read(long offset, Span<byte> destination)
    {
        var rowLength = Info.Shape[1] * Info.Type.Size();
        while (destination.Length > 0)
        {
            var (row, at) = Math.DivRem(offset, rowLength);
            foreach (var part in parts)
            {
                var length = part.Info.Shape[1] * Info.Type.Size();
                if (at < length && destination.Length > 0)
                {
                    var count = (int)Math.Min(length - at, destination.Length);
                    part.Read(row * length + at, destination[..count]);
                    destination = destination[count..];
                    offset += count;
                    at += count;
                }
                at -= length;
            }
        }
    }
}
