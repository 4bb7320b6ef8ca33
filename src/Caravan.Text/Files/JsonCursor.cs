using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Caravan.Text.Files;

/// <summary>
/// Walks over valid UTF-8 JSON by hand. <see cref="Utf8JsonReader"/> searches strings with vector code that a program
/// which has just started runs uncompiled; for the two hundred thousand short strings of a tokenizer this is several
/// times as fast, which is why its methods ask to be compiled optimised at once.
/// </summary>
internal ref struct JsonCursor(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;

    /// <summary>Where it stands.</summary>
    public int Position { get; private set; }

    /// <summary>Whether the next character that is no white space is this one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool IsAt(char character)
    {
        SkipWhiteSpace();
        return Position < _text.Length && _text[Position] == character;
    }

    /// <summary>Takes the next character if it is this one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryTake(char character)
    {
        if (!IsAt(character))
            return false;
        Position++;
        return true;
    }

    /// <exception cref="JsonException">The next character is another.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Take(char character)
    {
        if (!TryTake(character))
            throw Broken($"expected {character}");
    }

    /// <summary>The text of a string; one with escapes is written into <paramref name="buffer"/>, any other is a part
    /// of the file.</summary>
    /// <exception cref="JsonException">There is no whole string.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public ReadOnlySpan<byte> TakeString(ref byte[] buffer)
    {
        Take('"');
        var start = Position;
        var isEscaped = false;
        for (; Position < _text.Length && _text[Position] != '"'; Position++)
        {
            if (_text[Position] < ' ')
                throw Broken("a control character in a string");
            if (_text[Position] != '\\')
                continue;
            isEscaped = true;
            Position++;
        }
        if (Position >= _text.Length)
            throw Broken("a string without an end");
        Position++;
        return isEscaped ? Unescape(start - 1, ref buffer) : _text[start..(Position - 1)];
    }

    /// <summary>Takes a whole number from 0 up that fits; false, without moving, if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryTakeInt(out int number)
    {
        SkipWhiteSpace();
        var (value, end) = (0L, Position);
        for (; end < _text.Length && _text[end] is >= (byte)'0' and <= (byte)'9' && value <= int.MaxValue; end++)
            value = (value * 10) + _text[end] - '0';
        number = (int)Math.Min(value, int.MaxValue);
        var isWhole = end == _text.Length || _text[end] is (byte)',' or (byte)'}' or (byte)']' or <= (byte)' ';
        if (end == Position || !isWhole || value > int.MaxValue || (_text[Position] == '0' && end > Position + 1))
            return false;
        Position = end;
        return true;
    }

    /// <summary>Passes over a value; only its brackets and strings are looked at.</summary>
    /// <exception cref="JsonException">It has no end.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Skip()
    {
        SkipWhiteSpace();
        var depth = 0;
        for (; Position < _text.Length; Position++)
        {
            switch (_text[Position])
            {
                case (byte)'"':
                    SkipString();
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                case (byte)'}' or (byte)']' when depth > 0:
                    depth--;
                    if (depth > 0)
                        break;
                    Position++;
                    return;
                case (byte)',' or (byte)'}' or (byte)']' when depth == 0:
                    return;
            }
        }
        throw Broken("a value without an end");
    }

    /// <summary>What stands here, cut short, for a message.</summary>
    public readonly string Excerpt()
    {
        var end = Math.Min(_text.Length, Position + 40);
        var line = _text[Position..end].IndexOfAny((byte)'\n', (byte)',', (byte)'}');
        return System.Text.Encoding.UTF8.GetString(line > 0 ? _text.Slice(Position, line) : _text[Position..end]);
    }

    /// <summary>An error at the present place.</summary>
    public readonly JsonException Broken(string problem)
    {
        var before = _text[..Math.Min(Position, _text.Length)];
        var column = before.Length - before.LastIndexOf((byte)'\n') - 1;
        return new JsonException(problem, null, before.Count((byte)'\n'), column);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SkipWhiteSpace()
    {
        while (Position < _text.Length && _text[Position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            Position++;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SkipString()
    {
        for (Position++; Position < _text.Length && _text[Position] != '"'; Position++)
        {
            if (_text[Position] == '\\')
                Position++;
        }
    }

    private readonly ReadOnlySpan<byte> Unescape(int start, ref byte[] buffer)
    {
        var quoted = _text[start..Position];
        if (buffer.Length < quoted.Length)
            buffer = new byte[quoted.Length * 2];
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        try
        {
            return buffer.AsSpan(0, reader.CopyString(buffer));
        }
        catch (InvalidOperationException)
        {
            throw Broken("a string holds half of a surrogate pair");
        }
    }
}
