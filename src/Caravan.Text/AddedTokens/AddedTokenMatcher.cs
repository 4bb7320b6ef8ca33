using System.Buffers;
using Caravan.Text.Patterns;

namespace Caravan.Text.AddedTokens;

/// <summary>Finds added tokens in a text: the leftmost one, and of several that begin there the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly SearchValues<string> _contents;
    private readonly Dictionary<char, List<AddedToken>> _byFirstChar = [];

    private AddedTokenMatcher(List<AddedToken> tokens)
    {
        _contents = SearchValues.Create([.. tokens.ConvertAll(token => token.Content)], StringComparison.Ordinal);
        foreach (var token in tokens)
        {
            if (!_byFirstChar.TryGetValue(token.Content[0], out var alike))
                _byFirstChar[token.Content[0]] = alike = [];
            // Behind those of the same length: of equal tokens the first one counts.
            var place = alike.FindIndex(other => other.Content.Length < token.Content.Length);
            alike.Insert(place < 0 ? alike.Count : place, token);
        }
    }

    /// <summary>A matcher for the tokens that are searched for in the normalized text, or for the others; null if there
    /// are none.</summary>
    public static AddedTokenMatcher? For(IReadOnlyList<AddedToken> tokens, bool normalized)
    {
        var searched = new List<AddedToken>();
        foreach (var token in tokens)
        {
            if (token.IsNormalized == normalized && token.Content.Length > 0)
                searched.Add(token);
        }
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
