using System.Text;

namespace Caravan.Text.Jinja;

/// <summary>
/// Divides a template into text and tags. Whitespace is treated as chat templates expect it: the line feed behind a
/// block tag goes, and so does the indentation before one; <c>-</c> strips a whole side, <c>+</c> keeps it.
/// </summary>
internal sealed class JinjaLexer
{
    private static readonly string[] Operators =
    [
        "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ",", ":", "|", "(", ")",
        "[",
        "]", "{", "}",
    ];

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _position;
    private int _line = 1;
    private bool _stripsNext;
    private bool _dropsLineFeed;

    private JinjaLexer(string source) => _source = source;

    public static List<JinjaToken> Tokenize(string source)
    {
        var normalized = source.ReplaceLineEndings("\n");
        // One line feed at the end of the file is not part of the template.
        var lexer = new JinjaLexer(normalized.EndsWith('\n') ? normalized[..^1] : normalized);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (_position < _source.Length)
        {
            var open = NextTag();
            AddText(open < 0 ? _source.Length : open, open < 0 ? default : _source[open + 1]);
            if (open >= 0)
                ReadTag();
        }
        Add(JinjaTokenKind.End, "");
    }

    private int NextTag()
    {
        for (var i = _source.IndexOf('{', _position); i >= 0 && i + 1 < _source.Length; i = _source.IndexOf('{', i + 1))
        {
            if (_source[i + 1] is '{' or '%' or '#')
                return i;
        }
        return -1;
    }

    /// <summary>Adds the text up to the next tag, less the whitespace that the tags around it take.</summary>
    private void AddText(int end, char tag)
    {
        var text = _source[_position..end];
        var line = _line;
        Move(end);
        if (_stripsNext)
            text = text.TrimStart();
        else if (_dropsLineFeed && text.StartsWith('\n'))
            text = text[1..];
        if (tag != default)
            text = TrimBeforeTag(text, end, tag);
        if (text.Length > 0)
            _tokens.Add(new JinjaToken(JinjaTokenKind.Text, text, line));
    }

    private string TrimBeforeTag(string text, int end, char tag)
    {
        var control = end + 2 < _source.Length ? _source[end + 2] : default;
        if (control == '-')
            return text.TrimEnd();
        if (tag == '{' || control == '+')
            return text;
        var indentation = end;
        while (indentation > 0 && _source[indentation - 1] is ' ' or '\t')
            indentation--;
        var startsLine = indentation == 0 || _source[indentation - 1] == '\n';
        return startsLine ? text[..Math.Max(0, text.Length - (end - indentation))] : text;
    }

    private void ReadTag()
    {
        var tag = _source[_position + 1];
        var line = _line;
        Move(_position + 2);
        if (_position < _source.Length && _source[_position] is '-' or '+' && tag != '{')
            Move(_position + 1);
        else if (_position < _source.Length && _source[_position] == '-')
            Move(_position + 1);
        if (tag == '#')
        {
            var close = _source.IndexOf("#}", _position, StringComparison.Ordinal);
            if (close < 0)
                throw new JinjaException("a comment is not closed.", line);
            EndTag(close, isBlock: true, strips: _source[close - 1] == '-');
            return;
        }
        if (tag == '%' && TryReadRaw())
            return;
        Add(tag == '%' ? JinjaTokenKind.BlockStart : JinjaTokenKind.PrintStart, $"{{{tag}");
        var closing = tag == '%' ? "%}" : "}}";
        var braces = 0;
        while (true)
        {
            SkipSpace();
            if (_position >= _source.Length)
                throw new JinjaException("a tag is not closed.", line);
            var strips = _source[_position] == '-' && At(_position + 1, closing);
            if (strips || (At(_position, closing) && (braces == 0 || closing == "%}")))
            {
                Add(tag == '%' ? JinjaTokenKind.BlockEnd : JinjaTokenKind.PrintEnd, closing);
                EndTag(_position + (strips ? 1 : 0), tag == '%', strips);
                return;
            }
            ReadToken();
            if (_tokens[^1].Kind == JinjaTokenKind.Operator)
                braces += _tokens[^1].Text switch { "{" => 1, "}" => -1, _ => 0 };
        }
    }

    private void EndTag(int close, bool isBlock, bool strips)
    {
        Move(close + 2);
        (_stripsNext, _dropsLineFeed) = (strips, isBlock);
    }

    /// <summary><c>{% raw %}</c>: everything up to <c>{% endraw %}</c> is text.</summary>
    private bool TryReadRaw()
    {
        var start = _position;
        while (start < _source.Length && char.IsWhiteSpace(_source[start]))
            start++;
        if (!At(start, "raw"))
            return false;
        var open = _source.IndexOf("%}", start, StringComparison.Ordinal);
        if (open < 0 || _source[(start + 3)..open].Trim() is not ("" or "-"))
            return false;
        var strips = _source[open - 1] == '-';
        var body = open + 2;
        for (var end = _source.IndexOf("{%", body, StringComparison.Ordinal); end >= 0;
            end = _source.IndexOf("{%", end + 2, StringComparison.Ordinal))
        {
            var close = _source.IndexOf("%}", end, StringComparison.Ordinal);
            if (close < 0)
                break;
            var name = _source[(end + 2)..close];
            if (name.Trim('-', '+', ' ', '\n', '\t') != "endraw")
                continue;
            var text = _source[body..end];
            text = strips ? text.TrimStart() : text.StartsWith('\n') ? text[1..] : text;
            if (name.StartsWith('-'))
                text = text.TrimEnd();
            if (text.Length > 0)
                _tokens.Add(new JinjaToken(JinjaTokenKind.Text, text, _line));
            EndTag(close, isBlock: true, strips: name.EndsWith('-'));
            return true;
        }
        throw new JinjaException("a raw block is not closed.", _line);
    }

    private void ReadToken()
    {
        var c = _source[_position];
        if (char.IsAsciiDigit(c))
            ReadNumber();
        else if (char.IsLetter(c) || c == '_')
            ReadName();
        else if (c is '"' or '\'')
            ReadString(c);
        else if (Array.Find(Operators, op => At(_position, op)) is { } found)
        {
            Add(JinjaTokenKind.Operator, found);
            Move(_position + found.Length);
        }
        else
        {
            throw new JinjaException($"the character \"{c}\" has no meaning inside a tag.", _line);
        }
    }

    private void ReadName()
    {
        var end = _position;
        while (end < _source.Length && (char.IsLetterOrDigit(_source[end]) || _source[end] == '_'))
            end++;
        Add(JinjaTokenKind.Name, _source[_position..end]);
        Move(end);
    }

    private void ReadNumber()
    {
        var end = _position;
        while (end < _source.Length && (char.IsAsciiDigit(_source[end]) || _source[end] == '_'))
            end++;
        var kind = JinjaTokenKind.Integer;
        if (end + 1 < _source.Length && _source[end] == '.' && char.IsAsciiDigit(_source[end + 1]))
        {
            kind = JinjaTokenKind.Float;
            for (end++; end < _source.Length && char.IsAsciiDigit(_source[end]);)
                end++;
        }
        if (end + 1 < _source.Length && _source[end] is 'e' or 'E'
            && (char.IsAsciiDigit(_source[end + 1]) || _source[end + 1] is '-' or '+'))
        {
            kind = JinjaTokenKind.Float;
            for (end += 2; end < _source.Length && char.IsAsciiDigit(_source[end]);)
                end++;
        }
        Add(kind, _source[_position..end].Replace("_", ""));
        Move(end);
    }

    private void ReadString(char quote)
    {
        var line = _line;
        var text = new StringBuilder();
        var i = _position + 1;
        for (; i < _source.Length && _source[i] != quote; i++)
        {
            if (_source[i] != '\\' || i + 1 >= _source.Length)
            {
                text.Append(_source[i]);
                continue;
            }
            i++;
            text.Append(_source[i] switch
            {
                'n' => "\n",
                't' => "\t",
                'r' => "\r",
                'b' => "\b",
                'f' => "\f",
                'v' => "\v",
                'u' or 'x' => ReadCode(ref i),
                '\\' or '\'' or '"' => $"{_source[i]}",
                var other => $"\\{other}",
            });
        }
        if (i >= _source.Length)
            throw new JinjaException("a string is not closed.", line);
        _tokens.Add(new JinjaToken(JinjaTokenKind.String, text.ToString(), line));
        Move(i + 1);
    }

    private string ReadCode(ref int index)
    {
        var length = _source[index] == 'u' ? 4 : 2;
        if (index + length < _source.Length
            && int.TryParse(
                _source.AsSpan(index + 1, length), System.Globalization.NumberStyles.AllowHexSpecifier, null,
                    out var code))
        {
            index += length;
            return $"{(char)code}";
        }
        return $"\\{_source[index]}";
    }

    private void SkipSpace()
    {
        var end = _position;
        while (end < _source.Length && char.IsWhiteSpace(_source[end]))
            end++;
        Move(end);
    }

    private bool At(int index, string text) =>
        index + text.Length <= _source.Length && string.CompareOrdinal(_source, index, text, 0, text.Length) == 0;

    private void Add(JinjaTokenKind kind, string text) => _tokens.Add(new JinjaToken(kind, text, _line));

    private void Move(int position)
    {
        _line += _source.AsSpan(_position, position - _position).Count('\n');
        _position = position;
    }
}
