using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>Turns the matches in a text and what lies between them into words.</summary>
internal static class SplitAssembler
{
    /// <param name="matches">In order and apart from each other.</param>
    /// <param name="invert">Whether the matches are the words and the rest is what separates them.</param>
    public static void AddWords(
        int length, List<CharSpan> matches, SplitBehavior behavior, bool invert, int offset, WordList words)
    {
        var parts = new List<(CharSpan Span, bool IsMatch)>((matches.Count * 2) + 1);
        var position = 0;
        foreach (var match in matches)
        {
            if (match.Start > position)
                parts.Add((new CharSpan(position, match.Start), invert));
            parts.Add((match, !invert));
            position = match.End;
        }
        if (position < length)
            parts.Add((new CharSpan(position, length), invert));

        foreach (var (span, _) in Assemble(parts, behavior))
            words.Add(offset + span.Start, offset + span.End);
    }

    private static IEnumerable<(CharSpan Span, bool IsMatch)> Assemble(
        List<(CharSpan Span, bool IsMatch)> parts, SplitBehavior behavior)
    {
        switch (behavior)
        {
            case SplitBehavior.Removed:
                return parts.Where(part => !part.IsMatch);
            case SplitBehavior.Isolated:
                return parts;
            case SplitBehavior.MergedWithNext:
                // A match joins what follows it: the same as joining what precedes, read backwards.
                parts.Reverse();
                var backwards = Join(parts, (previous, part) => part.IsMatch && !previous.IsMatch);
                backwards.Reverse();
                return backwards;
            case SplitBehavior.MergedWithPrevious:
                return Join(parts, (previous, part) => part.IsMatch && !previous.IsMatch);
            default:
                return Join(parts, (previous, part) => part.IsMatch == previous.IsMatch);
        }
    }

    private static List<(CharSpan Span, bool IsMatch)> Join(
        List<(CharSpan Span, bool IsMatch)> parts,
        Func<(CharSpan Span, bool IsMatch), (CharSpan Span, bool IsMatch), bool> joins)
    {
        var joined = new List<(CharSpan Span, bool IsMatch)>();
        foreach (var part in parts)
        {
            if (joined.Count == 0 || !joins(joined[^1], part))
            {
                joined.Add(part);
                continue;
            }
            var last = joined[^1].Span;
            var span = new CharSpan(Math.Min(last.Start, part.Span.Start), Math.Max(last.End, part.Span.End));
            joined[^1] = (span, part.IsMatch);
        }
        return joined;
    }
}
