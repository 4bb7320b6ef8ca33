namespace Caravan.Checkpoints;

/// <summary>What the base model is taken to have in vocabulary rows that only the tuned model has.</summary>
public enum PadRow
{
    /// <summary>The mean of its rows, as the original scripts recover.</summary>
    Mean,

    /// <summary>Zeros: the diff then holds the new rows themselves.</summary>
    Zero,
}
