namespace Caravan.Checkpoints;

/// <summary>How a diff is made or recovered.</summary>
public sealed record WeightDiffOptions
{
    public PadRow PadRow { get; init; } = PadRow.Mean;

    /// <summary>
    /// Exactly the original scripts' arithmetic and nothing else: no corrections, no hashes. Without it a diff carries
    /// both, and recovering gives back every bit of the tuned model in single precision.
    /// </summary>
    public bool Compat { get; init; }

    /// <summary>
    /// The expected sum of all recovered numbers, as the original Alpaca script checks it; null for no check.
    /// </summary>
    public double? ExpectedSum { get; init; }

    public double Tolerance { get; init; } = 1e-2;
}
