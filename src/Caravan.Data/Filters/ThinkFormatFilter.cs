namespace Caravan.Data.Filters;

/// <summary>
/// Keeps only records whose last message has the form of a reasoning model's, as open-instruct's clean-up does:
/// <c>&lt;think&gt;…&lt;/think&gt;…</c>, or stricter <c>&lt;think&gt;…&lt;/think&gt;&lt;answer&gt;…&lt;/answer&gt;</c>
/// with nothing in front, between or behind, not even white space.
/// </summary>
public static class ThinkFormatFilter
{
    private const string Opening = "<think>";
    private const string Closing = "</think>";
    private const string Answer = "</think><answer>";
    private const string End = "</answer>";

    /// <summary>True if the last message has not the first form.</summary>
    public static bool Rejects(InstructionRecord record) => AfterThinking(record, Closing) is null;

    /// <summary>True if it has not the stricter one.</summary>
    public static bool RejectsWithoutAnswer(InstructionRecord record) =>
        AfterThinking(record, Answer)?.EndsWith(End, StringComparison.Ordinal) != true;

    // What follows on the first such closing; null if the text does not begin with the opening or has no closing.
    private static string? AfterThinking(InstructionRecord record, string closing)
    {
        if (record.Messages is not [.., { Content: var text }] || !text.StartsWith(Opening, StringComparison.Ordinal))
            return null;
        var end = text.IndexOf(closing, Opening.Length, StringComparison.Ordinal);
        return end < 0 ? null : text[(end + closing.Length)..];
    }
}
