namespace Caravan.Text.Pipeline;

/// <summary>The ids that are put before and behind every sequence when special tokens are wanted.</summary>
internal sealed record SequenceTemplate(int[] Prefix, int[] Suffix)
{
    public static SequenceTemplate Empty { get; } = new([], []);
}
