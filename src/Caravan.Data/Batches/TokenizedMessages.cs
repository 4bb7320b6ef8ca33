namespace Caravan.Data;

/// <summary>
/// A conversation as tokens. <paramref name="Labels"/> is as long as <paramref name="InputIds"/> and not shifted: the
/// label at i is token i itself where it carries loss and <see cref="TokenBatch.NoLoss"/> where it does not.
/// <paramref name="Truncated"/> says that tokens were cut off.
/// </summary>
public readonly record struct TokenizedMessages(int[] InputIds, int[] Labels, bool Truncated);
