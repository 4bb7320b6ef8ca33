namespace Caravan.Data;

/// <summary>
/// What became of the records on their way into a training set:
/// <see cref="Read"/> = <see cref="Kept"/> + the number of <see cref="WithoutLoss"/>.
/// </summary>
public sealed record TrainingSetReport
{
    /// <summary>Records that came in.</summary>
    public required int Read { get; init; }

    /// <summary>Examples that are trained on.</summary>
    public required int Kept { get; init; }

    /// <summary>Ids of records left out because no token of theirs carries loss.</summary>
    public required IReadOnlyList<string> WithoutLoss { get; init; }

    /// <summary>How many of <see cref="WithoutLoss"/> lost their answer to the length limit.</summary>
    public required int WithoutLossByTruncation { get; init; }

    /// <summary>Ids of records that were kept and cut to the length limit.</summary>
    public required IReadOnlyList<string> Truncated { get; init; }
}
