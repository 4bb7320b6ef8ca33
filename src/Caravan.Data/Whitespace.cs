namespace Caravan.Data;

/// <summary>
/// White space as Python sees it: .NET's plus U+001C to U+001F. Converters and word counts follow it so that they agree
/// with the published files.
/// </summary>
public static class Whitespace
{
    public static bool Is(char character) => char.IsWhiteSpace(character) || character is >= '\u001C' and <= '\u001F';

    /// <summary>Python's <c>strip()</c>.</summary>
    public static string Trim(string text)
    {
        var start = 0;
        var end = text.Length;
        while (start < end && Is(text[start]))
            start++;
        while (end > start && Is(text[end - 1]))
            end--;
        return text[start..end];
    }

    /// <summary>Python's <c>rstrip()</c>.</summary>
    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty && Is(text[^1]))
            text = text[..^1];
        return text;
    }

    /// <summary>True when there is nothing else in the text.</summary>
    public static bool IsBlank(ReadOnlySpan<char> text) => TrimEnd(text).IsEmpty;

    /// <summary>The number of pieces that Python's <c>split()</c> gives.</summary>
    public static int CountWords(ReadOnlySpan<char> text)
    {
        var words = 0;
        var inside = false;
        foreach (var character in text)
        {
            var blank = Is(character);
            if (!blank && !inside)
                words++;
            inside = !blank;
        }
        return words;
    }
}
