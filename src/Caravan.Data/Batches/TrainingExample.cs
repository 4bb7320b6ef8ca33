namespace Caravan.Data;

/// <summary>
/// One record ready for training. <paramref name="Labels"/> is as long as <paramref name="InputIds"/> and not shifted.
/// <paramref name="Rounds"/> counts its user messages.
/// </summary>
public sealed record TrainingExample(
    string Dataset, string RecordId, int[] InputIds, int[] Labels, int Rounds, bool Truncated)
{
    /// <summary>
    /// Tokens that the model is trained to predict. The first token has no predecessor, so its label never counts.
    /// </summary>
    public int TargetTokens { get; } =
        Labels.Length < 2 ? 0 : Labels.Length - 1 - Labels.AsSpan(1).Count(TokenBatch.NoLoss);
}
