namespace Caravan.Data.Edits;

/// <summary>
/// Takes a reasoning model's tags out of a text, as open-instruct's clean-up does: the thoughts begin on a new line,
/// and the answer behind an empty one.
/// </summary>
public static class SpecialTokens
{
    /// <summary>The text without the tags.</summary>
    public static string Replace(string text) => text
        .Replace("<think>", "\n", StringComparison.Ordinal).Replace("</think>", "", StringComparison.Ordinal)
        .Replace("<answer>", "\n\n", StringComparison.Ordinal).Replace("</answer>", "", StringComparison.Ordinal);
}
