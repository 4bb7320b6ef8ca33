namespace Caravan.Data;

/// <summary>How examples are put into micro-batches.</summary>
public sealed record BatchPlanSettings
{
    /// <summary>
    /// True: rows are packed into bins of <see cref="MaxSeqLength"/> tokens and a micro-batch is
    /// <see cref="PerDeviceTrainBatchSize"/> bins, so that all have nearly the same number of tokens. False: a
    /// micro-batch is that many rows. In both cases rows stand one after the other without padding.
    /// </summary>
    public bool Packing { get; init; }

    /// <summary>Rows, or bins when packing, in a micro-batch.</summary>
    public int PerDeviceTrainBatchSize { get; init; } = 1;

    /// <summary>The bins' capacity in tokens; no row may be longer.</summary>
    public required int MaxSeqLength { get; init; }

    /// <summary>Decides the order, together with the epoch.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>This process's place among <see cref="WorldSize"/> data-parallel ones.</summary>
    public int Rank { get; init; }

    /// <summary>Data-parallel processes.</summary>
    public int WorldSize { get; init; } = 1;
}
