using System.Text;
using Caravan.Files;

namespace Caravan.Text.Patterns;

/// <summary>The matches of a pattern in a text, found one after the other as they are asked for.</summary>
internal ref struct PatternMatches(Pattern pattern, ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private PatternMatcher _matcher = Pattern.MatcherFor(text);
    private int _position;
    private int _lastEnd = -1;

    /// <exception cref="BadInputException">The pattern needs too much work for this text.</exception>
    public bool Next(out CharSpan match)
    {
        while (_position < _text.Length)
        {
            var start = _position;
            var end = _matcher.Match(pattern.Program, start);
            if (_matcher.IsExhausted)
                throw pattern.TooMuchWork(_text.Length);
            if (end > start)
            {
                _position = end;
            }
            else
            {
                Rune.DecodeFromUtf16(_text[start..], out _, out var length);
                _position += length;
            }
            if (end > start || (end == start && end != _lastEnd))
            {
                _lastEnd = end;
                match = new CharSpan(start, end);
                return true;
            }
        }
        match = default;
        return false;
    }
}
