namespace Caravan.Text.PreTokenization;

/// <summary>What becomes of the matches of a pattern that splits text; the names are tokenizer.json's.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}
