namespace Caravan.Checkpoints;

/// <summary>
/// A tensor whose elements do not lie in one piece: transposed, sliced or repeated. Read through mapped memory.
/// </summary>
internal sealed class StridedTensor(TensorInfo info, WeightFile file, long start, StridedLayout layout)
    : WeightTensor(info)
{
    public override unsafe void Read(long offset, Span<byte> destination)
    {
        var size = Info.Type.Size();
        var source = (byte*)file.Map() + start;
        var inner = layout.Sizes[^1];
        var step = layout.Strides[^1] * size;
        var element = offset / size;
        while (destination.Length > 0)
        {
            // One run along the last dimension.
            var column = element % inner;
            var run = (int)Math.Min(inner - column, destination.Length / size);
            var from = source + Place(element / inner) * size + column * step;
            if (step == size)
                new ReadOnlySpan<byte>(from, run * size).CopyTo(destination);
            else
                Gather(from, step, size, destination[..(run * size)]);
            destination = destination[(run * size)..];
            element += run;
        }
    }

    /// <summary>Where row number <paramref name="row"/> of the last dimension begins, in elements.</summary>
    private long Place(long row)
    {
        long place = 0;
        for (var i = layout.Sizes.Length - 2; i >= 0; i--)
        {
            place += row % layout.Sizes[i] * layout.Strides[i];
            row /= layout.Sizes[i];
        }
        return place;
    }

    private static unsafe void Gather(byte* from, long step, int size, Span<byte> destination)
    {
        fixed (byte* first = destination)
        {
            var to = first;
            var end = first + destination.Length;
            for (; to < end; to += size, from += step)
            {
                switch (size)
                {
                    case 1:
                        *to = *from;
                        break;
                    case 2:
                        *(ushort*)to = *(ushort*)from;
                        break;
                    case 4:
                        *(uint*)to = *(uint*)from;
                        break;
                    default:
                        *(ulong*)to = *(ulong*)from;
                        break;
                }
            }
        }
    }
}
