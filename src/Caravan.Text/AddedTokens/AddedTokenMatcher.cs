using System.Buffers;
using Caravan.Text.Patterns;

namespace Caravan.Text.AddedTokens;

/// <summary>Finds added tokens in a text: the leftmost one, and of several that begin there the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<string> _contents;
    private readonly Dictionary<char, AddedToken[]> _byFirstChar;

    private AddedTokenMatcher(IReadOnlyCollection<AddedToken> tokens)
    {
        _contents = SearchValues.Create([.. tokens.Select(token => token.Content)], StringComparison.Ordinal);
        _byFirstChar = tokens.GroupBy(token => token.Content[0])
            .ToDictionary(group => group.Key, group => group.OrderByDescending(t => t.Content.Length).ToArray());
    }

    /// <summary>A matcher for these tokens, or null if there are none to find.</summary>
    public static AddedTokenMatcher? For(IEnumerable<AddedToken> tokens)
    {
        var searched = tokens.Where(token => token.Content.Length > 0).ToList();
        return searched.Count == 0 ? null : new AddedTokenMatcher(searched);
    }

    /// <summary>
    /// The next added token at or behind <paramref name="from"/>, with the whitespace that it swallows.
    /// </summary>
    public bool TryFind(ReadOnlySpan<char> text, int from, out AddedToken token, out CharSpan span)
    {
        var position = from;
        while (position < text.Length && text[position..].IndexOfAny(_contents) is var distance and >= 0)
        {
            var start = position + distance;
            token = LongestAt(text[start..]);
            var end = start + token.Content.Length;
            if (!token.SingleWord || StandsAlone(text, start, end))
            {
                span = Extend(text, token, from, start, end);
                return true;
            }
            position = end;
        }
        token = null!;
        span = default;
        return false;
    }

    private AddedToken LongestAt(ReadOnlySpan<char> text)
    {
        foreach (var token in _byFirstChar[text[0]])
        {
            if (text.StartsWith(token.Content, StringComparison.Ordinal))
                return token;
        }
        throw new InvalidOperationException("The search reported a token that is not in the list.");
    }

    private static CharSpan Extend(ReadOnlySpan<char> text, AddedToken token, int from, int start, int end)
    {
        while (token.StripsLeft && start > from && char.IsWhiteSpace(text[start - 1]))
            start--;
        while (token.StripsRight && end < text.Length && char.IsWhiteSpace(text[end]))
            end++;
        return new CharSpan(start, end);
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end) =>
        (start == 0 || !IsWordCharacter(text[start - 1])) && (end == text.Length || !IsWordCharacter(text[end]));

    private static bool IsWordCharacter(char c) => CharacterSet.RustWord.Contains(c);
}
