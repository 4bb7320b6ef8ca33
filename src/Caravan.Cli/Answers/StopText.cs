namespace Caravan.Cli.Answers;

/// <summary>Finds the first of several strings in a text that arrives in pieces, and holds back what may turn out to be
/// the beginning of one.</summary>
internal sealed class StopText(IReadOnlyList<string> stops)
{
    private string _held = "";

    /// <summary>Whether one of the strings has appeared. What follows is dropped.</summary>
    public bool IsFound { get; private set; }

    /// <summary>Takes the next piece; returns the text that surely stands before any of the strings.</summary>
    public string Append(string piece)
    {
        if (IsFound)
            return "";
        var text = _held + piece;
        var found = stops.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0)
            .DefaultIfEmpty(-1).Min();
        if (found >= 0)
        {
            IsFound = true;
            _held = "";
            return text[..found];
        }
        var certain = text.Length - stops.Select(stop => LongestPrefixAtEnd(text, stop)).DefaultIfEmpty(0).Max();
        _held = text[certain..];
        return text[..certain];
    }

    /// <summary>The text has ended: what was held back is part of it.</summary>
    public string Flush()
    {
        var rest = _held;
        _held = "";
        return rest;
    }

    private static int LongestPrefixAtEnd(string text, string stop)
    {
        var length = Math.Min(text.Length, stop.Length - 1);
        while (length > 0 && !text.EndsWith(stop[..length], StringComparison.Ordinal))
            length--;
        return length;
    }
}
