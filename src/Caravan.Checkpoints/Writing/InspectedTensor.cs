using System.Buffers;

namespace Caravan.Checkpoints;

/// <summary>Looks at a tensor's numbers while they are read: their sum, and whether all are finite.</summary>
internal sealed class InspectedTensor(WeightTensor source) : WeightTensor(source.Info)
{
    private readonly double[] _sums = new double[source.Info.ByteLength / TensorPump.ChunkLength + 1];

    /// <summary>The same for any order in which the chunks were read.</summary>
    public double Sum => _sums.Sum();

    public bool IsFinite { get; private set; } = true;

    public override void Read(long offset, Span<byte> destination)
    {
        source.Read(offset, destination);
        if (!Info.Type.IsFloatingPoint())
            return;
        var size = Info.Type.Size();
        Span<float> numbers = stackalloc float[StoredNumbers.TileLength];
        double sum = 0;
        for (var at = 0; at < destination.Length; at += StoredNumbers.TileLength * size)
        {
            var stored = destination[at..Math.Min(destination.Length, at + StoredNumbers.TileLength * size)];
            var tile = numbers[..(stored.Length / size)];
            Floats.ToSingle(Info.Type, stored, tile);
            var tileSum = Floats.Sum(tile);
            // NaN and infinities spread to the sum; a sum that is not finite may also have overflowed.
            if (!double.IsFinite(tileSum) && !Floats.AllFinite(tile))
                IsFinite = false;
            sum += tileSum;
        }
        _sums[offset / TensorPump.ChunkLength] += sum;
    }

    /// <summary>Reads all of it, only to look.</summary>
    /// <param name="progress">Told the number of bytes of each piece.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    public void ReadThrough(Action<int> progress, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(TensorPump.PieceLength);
        try
        {
            for (long at = 0; at < Info.ByteLength; at += TensorPump.PieceLength)
            {
                cancellation.ThrowIfCancellationRequested();
                var piece = buffer.AsSpan(0, (int)Math.Min(TensorPump.PieceLength, Info.ByteLength - at));
                Read(at, piece);
                progress(piece.Length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        Release();
    }

    public override void Release() => source.Release();
}
