using System.Globalization;
using System.Text;

namespace Caravan.Text.Patterns;

/// <summary>Reads <c>[…]</c> and escapes that stand for characters.</summary>
/// <param name="source">The whole pattern.</param>
/// <param name="start">Where to read: behind the opening bracket, or at the backslash.</param>
/// <param name="moveTo">Told where reading ended.</param>
internal sealed class CharacterSetParser(string source, int start, Action<int> moveTo)
{
    private const int MaxDepth = 16;

    private int _position = start;
    private int _depth;

    public CharacterSet ReadClass()
    {
        var set = Class();
        moveTo(_position);
        return set;
    }

    public CharacterSet ReadEscape()
    {
        var (set, point) = Escape();
        moveTo(_position);
        return set ?? CharacterSet.Of(point);
    }

    private CharacterSet Class()
    {
        if (++_depth > MaxDepth)
            throw Error($"classes nested more than {MaxDepth} deep");
        var isInverted = TryTake("^");
        CharacterSet? whole = null;
        CharacterSet? set = null;
        var isFirst = true;
        while (isFirst || !TryTake("]"))
        {
            if (_position >= source.Length)
                throw Error("a [ without a ]");
            if (!isFirst && TryTake("&&"))
            {
                whole = Both(whole, set);
                set = null;
                continue;
            }
            isFirst = false;
            var item = Item();
            set = set is null ? item : set.Or(item);
        }
        _depth--;
        var result = Both(whole, set);
        return isInverted ? result.Inverted() : result;
    }

    private static CharacterSet Both(CharacterSet? first, CharacterSet? second) =>
        first is null ? second! : second is null ? first : first.And(second);

    private CharacterSet Item()
    {
        if (TryTake("[:"))
        {
            var close = source.IndexOf(":]", _position, StringComparison.Ordinal);
            if (close < 0)
                throw Error("a [: without a :]");
            var name = source[_position..close];
            _position = close + 2;
            return Property(name);
        }
        if (TryTake("["))
            return Class();
        var (set, first) = source[_position] == '\\' ? Escape() : (null, Character());
        if (set is not null)
            return set;
        // A hyphen before the closing bracket is itself.
        var isRange = _position + 1 < source.Length && source[_position] == '-' && source[_position + 1] != ']';
        if (!isRange)
            return CharacterSet.Of(first);
        _position++;
        var (lastSet, last) = source[_position] == '\\' ? Escape() : (null, Character());
        if (lastSet is not null || last < first)
            throw Error("a range that is not from a lower to a higher character");
        return CharacterSet.OfRange(first, last);
    }

    private int Character()
    {
        if (!Rune.TryGetRuneAt(source, _position, out var rune))
            return source[_position++];
        _position += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private (CharacterSet? Set, int Point) Escape()
    {
        _position++;
        if (_position >= source.Length)
            throw Error("a \\ at the end");
        var c = source[_position++];
        return c switch
        {
            's' => (CharacterSet.Space, 0),
            'S' => (CharacterSet.Space.Inverted(), 0),
            'd' => (CharacterSet.Digit, 0),
            'D' => (CharacterSet.Digit.Inverted(), 0),
            'w' => (CharacterSet.Word, 0),
            'W' => (CharacterSet.Word.Inverted(), 0),
            'h' => (CharacterSet.HexDigit, 0),
            'H' => (CharacterSet.HexDigit.Inverted(), 0),
            'p' or 'P' => (BracedProperty(isInverted: c == 'P'), 0),
            'n' => (null, '\n'),
            'r' => (null, '\r'),
            't' => (null, '\t'),
            'f' => (null, '\f'),
            'v' => (null, '\v'),
            'a' => (null, '\a'),
            'e' => (null, '\x1b'),
            'b' => (null, '\b'),
            'x' => (null, HexCode(maxDigits: 2)),
            'u' => (null, HexCode(maxDigits: 4)),
            '0' => (null, '\0'),
            _ when char.IsAsciiLetterOrDigit(c) => throw Error($"the escape \\{c} is not supported"),
            _ => (null, c),
        };
    }

    private CharacterSet BracedProperty(bool isInverted)
    {
        var close = TryTake("{") ? source.IndexOf('}', _position) : -1;
        if (close < 0)
            throw Error("\\p without {…}");
        var name = source[_position..close];
        _position = close + 1;
        return isInverted ? Property(name).Inverted() : Property(name);
    }

    private CharacterSet Property(string name)
    {
        var isInverted = name.StartsWith('^');
        var set = UnicodeProperty.Find(isInverted ? name[1..] : name)
            ?? throw Error($"the character property \"{name}\" is not supported");
        return isInverted ? set.Inverted() : set;
    }

    private int HexCode(int maxDigits)
    {
        var isBraced = TryTake("{");
        var end = _position;
        while (end < source.Length && end - _position < (isBraced ? 6 : maxDigits) && char.IsAsciiHexDigit(source[end]))
            end++;
        if (end == _position)
            throw Error("a character code without digits");
        var point = int.Parse(source.AsSpan(_position, end - _position), NumberStyles.AllowHexSpecifier);
        _position = end;
        return !isBraced || TryTake("}") ? point : throw Error("a { without a }");
    }

    private bool TryTake(string text)
    {
        if (string.CompareOrdinal(source, _position, text, 0, text.Length) != 0)
            return false;
        _position += text.Length;
        return true;
    }

    private PatternSyntaxException Error(string problem) => new($"{problem}, at character {_position + 1}");
}
