using System.Runtime.InteropServices;

namespace Caravan.Checkpoints;

/// <summary>A matrix transposed. The whole of it is in memory while it is read.</summary>
internal sealed class TransposedTensor : WeightTensor
{
    private readonly WeightTensor _source;
    private Lazy<NativeBlock> _block;

    public TransposedTensor(WeightTensor source)
        : base(new TensorInfo(source.Info.Name, source.Info.Type, [source.Info.Shape[1], source.Info.Shape[0]]))
    {
        _source = source;
        _block = new(ReadSource);
    }

    public override void Read(long offset, Span<byte> destination)
    {
        switch (Info.Type.Size())
        {
            case 1:
                Gather(offset, destination);
                break;
            case 2:
                Gather(offset / 2, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            case 4:
                Gather(offset / 4, MemoryMarshal.Cast<byte, uint>(destination));
                break;
            default:
                Gather(offset / 8, MemoryMarshal.Cast<byte, ulong>(destination));
                break;
        }
    }

    public override void Release()
    {
        if (_block.IsValueCreated)
            _block.Value.Dispose();
        _block = new(ReadSource);
        _source.Release();
    }

    /// <summary>
    /// Walks along the source's rows, whose numbers share cache lines, and scatters them over the result's.
    /// </summary>
    private unsafe void Gather<T>(long first, Span<T> result)
        where T : unmanaged
    {
        var source = (T*)_block.Value.Pointer;
        var (width, height) = (Info.Shape[1], Info.Shape[0]);
        for (var at = 0; at < result.Length;)
        {
            var (row, column) = Math.DivRem(first + at, width);
            // Whole rows of the result together, or what is left of one.
            var together = column == 0 ? (int)Math.Max(1, (result.Length - at) / width) : 1;
            var count = together > 1 ? (int)width : (int)Math.Min(width - column, result.Length - at);
            for (var i = 0; i < count; i++)
            {
                var from = source + (column + i) * height + row;
                for (var j = 0; j < together; j++)
                    result[at + i + j * count] = from[j];
            }
            at += together * count;
        }
    }

    private NativeBlock ReadSource()
    {
        var length = _source.Info.ByteLength;
        var block = new NativeBlock(length);
        for (long at = 0; at < length; at += TensorPump.ChunkLength)
            _source.Read(at, block.Slice(at, (int)Math.Min(TensorPump.ChunkLength, length - at)));
        return block;
    }
}
