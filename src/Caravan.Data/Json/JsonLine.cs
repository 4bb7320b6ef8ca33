using System.Buffers;
using System.Text;

namespace Caravan.Data.Json;

/// <summary>
/// Builds one line of JSON the way Python's <c>json.dumps</c> does, with <c>", "</c> and <c>": "</c> between the parts,
/// so that files compare byte for byte with the published ones. Text stays UTF-8, or is escaped to ASCII on request.
/// </summary>
internal sealed class JsonLine(bool ascii)
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(code => (char)code), '"', '\\']);

    private static readonly SearchValues<char> PlainAscii = SearchValues.Create(
        [.. Enumerable.Range(32, 95).Select(code => (char)code).Except(['"', '\\'])]);

    private readonly ArrayBufferWriter<byte> _buffer = new(4096);

    /// <summary>What was appended since <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _buffer.WrittenSpan;

    /// <summary>Starts a new line.</summary>
    public void Clear() => _buffer.ResetWrittenCount();

    /// <summary>Appends punctuation and keys as they are.</summary>
    public JsonLine Raw(ReadOnlySpan<byte> utf8)
    {
        _buffer.Write(utf8);
        return this;
    }

    /// <summary>Appends a quoted string.</summary>
    public JsonLine Text(ReadOnlySpan<char> text) => Text(text, []);

    /// <summary>Appends a quoted string of two parts.</summary>
    public JsonLine Text(ReadOnlySpan<char> first, ReadOnlySpan<char> second)
    {
        Raw("\""u8);
        Characters(first);
        Characters(second);
        return Raw("\""u8);
    }

    private void Characters(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var plain = ascii ? text.IndexOfAnyExcept(PlainAscii) : text.IndexOfAny(Escaped);
            if (plain < 0)
                plain = text.Length;
            Encoding.UTF8.GetBytes(text[..plain], _buffer);
            if (plain < text.Length)
                Escape(text[plain++]);
            text = text[plain..];
        }
    }

    /// <summary>Appends what is quoted text already, in the form of <see cref="JsonString"/>.</summary>
    public JsonLine Quoted(ReadOnlySpan<byte> text)
    {
        if (!ascii)
            return Raw(text);
        Span<char> characters = stackalloc char[2];
        while (!text.IsEmpty)
        {
            var plain = text.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
            if (plain < 0)
                return Raw(text);
            Raw(text[..plain]);
            Rune.DecodeFromUtf8(text[plain..], out var rune, out var length);
            foreach (var character in characters[..rune.EncodeToUtf16(characters)])
                Escape(character);
            text = text[(plain + length)..];
        }
        return this;
    }

    private void Escape(char character)
    {
        var name = character switch
        {
            '"' => '"',
            '\\' => '\\',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\b' => 'b',
            '\f' => 'f',
            _ => '\0',
        };
        if (name != '\0')
        {
            _buffer.Write([(byte)'\\', (byte)name]);
            return;
        }
        var escape = _buffer.GetSpan(6);
        "\\u"u8.CopyTo(escape);
        ((ushort)character).TryFormat(escape[2..], out _, "x4");
        _buffer.Advance(6);
    }
}
