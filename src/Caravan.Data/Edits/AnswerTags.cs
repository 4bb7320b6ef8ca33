namespace Caravan.Data.Edits;

/// <summary>
/// Puts a reasoning model's answer into <c>&lt;answer&gt;</c> tags or takes them off, as open-instruct's clean-up does;
/// both begin a new line behind the thoughts if there is none.
/// </summary>
public static class AnswerTags
{
    private const string Thought = "</think>";
    private const string ThoughtLine = "</think>\n";
    private const string Opening = "<answer>";
    private const string Closing = "</answer>";

    /// <summary>The text with tags around what follows on the thoughts; tags that are there stay.</summary>
    public static string Add(string text)
    {
        text = OnALine(text);
        if (!text.Contains(Opening, StringComparison.Ordinal))
            text = text.Replace(Thought, ThoughtLine + Opening, StringComparison.Ordinal);
        return text.EndsWith(Closing, StringComparison.Ordinal) ? text : $"{text}\n{Closing}";
    }

    /// <summary>The text without the tags and without white space around it.</summary>
    public static string Strip(string text) => OnALine(Whitespace.Trim(
        text.Replace(Opening, "", StringComparison.Ordinal).Replace(Closing, "", StringComparison.Ordinal)));

    private static string OnALine(string text) => text.Contains(ThoughtLine, StringComparison.Ordinal)
        ? text : text.Replace(Thought, ThoughtLine, StringComparison.Ordinal);
}
