namespace Caravan.Text;

/// <summary>A conversation as a training example.</summary>
/// <param name="Text">The whole rendering, without what the tokenizer adds by itself.</param>
/// <param name="InputIds">Cut to the maximal length, on the right unless the template says otherwise.</param>
/// <param name="Offsets">For every id the range of <paramref name="Text"/> that it covers.</param>
/// <param name="Labels">
/// One per id: the id itself where it carries loss, else <see cref="NoLoss"/>. Not shifted: the label at a position is
/// what the model should have predicted there from the positions before it.
/// </param>
/// <param name="Truncated">Whether ids were cut off.</param>
public sealed record TokenizedChat(string Text, int[] InputIds, CharSpan[] Offsets, int[] Labels, bool Truncated)
{
    /// <summary>The label of a position that carries no loss.</summary>
    public const int NoLoss = -100;

    /// <summary>How many positions carry loss. The first position never does: nothing stands before it.</summary>
    public int TargetTokens { get; } = Labels.Skip(1).Count(label => label != NoLoss);
}
