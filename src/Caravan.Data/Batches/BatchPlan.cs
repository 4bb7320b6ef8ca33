namespace Caravan.Data;

/// <summary>
/// Decides which examples meet in which micro-batch. Every epoch has its own order, a function of the lengths, the seed
/// and the epoch alone, so a position (epoch, micro-batch) is enough to go on exactly where a run stopped. Whole rows
/// only: nothing is cut, repeated or dropped. With several ranks, micro-batch i belongs to rank i mod W, and the first
/// ones are repeated at the end where they do not divide evenly, so that all ranks take equally many steps.
/// </summary>
public sealed class BatchPlan
{
    // Packing looks at this many shuffled rows at a time: enough to fill bins above 99%, few enough to keep the order
    // random over a large set.
    private const int Window = 4096;

    private readonly IReadOnlyList<int> _lengths;
    private readonly BatchPlanSettings _settings;

    /// <summary>A plan over examples of these lengths in tokens.</summary>
    /// <exception cref="ArgumentException">A setting is out of range, or a row is longer than a bin.</exception>
    public BatchPlan(IReadOnlyList<int> lengths, BatchPlanSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.PerDeviceTrainBatchSize, 1, nameof(settings));
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.WorldSize, 1, nameof(settings));
        if (settings.Rank < 0 || settings.Rank >= settings.WorldSize)
        {
            throw new ArgumentException(
                $"Rank {settings.Rank} is not in a world of {settings.WorldSize}.", nameof(settings));
        }
        for (var i = 0; i < lengths.Count && settings.Packing; i++)
        {
            if (lengths[i] > settings.MaxSeqLength)
            {
                throw new ArgumentException(
                    $"Example {i} has {lengths[i]} tokens; bins hold {settings.MaxSeqLength}.", nameof(lengths));
            }
        }
        (_lengths, _settings) = (lengths, settings);
    }

    /// <summary>The order of one epoch (0-based).</summary>
    public EpochPlan Epoch(int epoch)
    {
        var random = new SeededRandom(_settings.Seed, $"epoch {epoch}");
        var order = Enumerable.Range(0, _lengths.Count).ToArray();
        random.Shuffle<int>(order);
        var groups = _settings.Packing ? Pack(order, random) : [.. order.Select(index => new[] { index })];
        var chunks = groups.Chunk(_settings.PerDeviceTrainBatchSize);
        int[][] batches = [.. chunks.Select(chunk => chunk.SelectMany(group => group).ToArray())];
        var capacity = (long)groups.Count * _settings.MaxSeqLength;
        var fill = _settings.Packing && capacity > 0 ? _lengths.Sum(length => (long)length) / (double)capacity : 1;
        return new EpochPlan(epoch, OfThisRank(batches), fill);
    }

    private int[][] OfThisRank(int[][] batches)
    {
        if (_settings.WorldSize == 1 || batches.Length == 0)
            return batches;
        var own = new int[(batches.Length + _settings.WorldSize - 1) / _settings.WorldSize][];
        for (var i = 0; i < own.Length; i++)
            own[i] = batches[(int)(((long)i * _settings.WorldSize + _settings.Rank) % batches.Length)];
        return own;
    }

    private List<int[]> Pack(int[] order, SeededRandom random)
    {
        var bins = new List<int[]>();
        for (var start = 0; start < order.Length; start += Window)
        {
            var window = order.AsSpan(start, Math.Min(Window, order.Length - start)).ToArray();
            bins.AddRange(BestFitDecreasing.Pack(window, index => _lengths[index], _settings.MaxSeqLength));
        }
        // Bins are filled from long rows to short ones; without this, so would every window be trained on.
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bins));
        return bins;
    }
}
