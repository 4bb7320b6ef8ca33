using System.Buffers;
using System.Globalization;
using System.Text;

namespace Caravan.Cli.Terminals;

/// <summary>A stretch of text on one line in which every character can be seen.</summary>
internal static class VisibleText
{
    /// <summary>The text in double quotes; what would not show, or would change how a terminal shows the rest, as in
    /// JSON: <c>\n</c>, <c>\u001b</c>.</summary>
    public static string Quote(ReadOnlySpan<char> text) => $"\"{Escape(text)}\"";

    /// <summary>The same without the quotes around it.</summary>
    public static string Escape(ReadOnlySpan<char> text)
    {
        var visible = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf16(text, out var rune, out var length);
            if (status == OperationStatus.Done && IsSeen(rune))
                visible.Append(text[..length]);
            else
                AppendEscape(visible, text[..length]);
            text = text[length..];
        }
        return visible.ToString();
    }

    // A mark alone would sit on the quote or letter before it; format characters turn the direction of what follows.
    private static bool IsSeen(Rune rune) => rune.Value is not ('"' or '\\') && (rune.Value is >= ' ' and <= '~'
        || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.EnclosingMark));

    private static void AppendEscape(StringBuilder visible, ReadOnlySpan<char> units)
    {
        foreach (var unit in units)
        {
            _ = unit switch
            {
                '"' => visible.Append("\\\""),
                '\\' => visible.Append(@"\\"),
                '\n' => visible.Append("\\n"),
                '\r' => visible.Append("\\r"),
                '\t' => visible.Append("\\t"),
                _ => visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"),
            };
        }
    }
}
