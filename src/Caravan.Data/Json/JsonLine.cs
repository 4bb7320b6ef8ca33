using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

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

    private byte[] _bytes = new byte[4096];

    /// <summary>Bytes appended since <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    /// <summary>What was appended since <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Starts a new line.</summary>
    public void Clear() => Length = 0;

    /// <summary>Appends punctuation and keys as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public JsonLine Raw(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Room(utf8.Length));
        Length += utf8.Length;
        return this;
    }

    /// <summary>Takes back what was appended after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Appends a quoted string.</summary>
    public JsonLine Text(ReadOnlySpan<char> text) => Raw("\""u8).Characters(text).Raw("\""u8);

    /// <summary>Appends a part of a string, without quotes.</summary>
    public JsonLine Characters(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var plain = ascii ? text.IndexOfAnyExcept(PlainAscii) : text.IndexOfAny(Escaped);
            if (plain < 0)
                plain = text.Length;
            Length += Encoding.UTF8.GetBytes(text[..plain], Room(Encoding.UTF8.GetMaxByteCount(plain)));
            if (plain < text.Length)
                Escape(text[plain++]);
            text = text[plain..];
        }
        return this;
    }

    /// <summary>Appends a parsed value in this form, whatever white space it had.</summary>
    public JsonLine Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Text(JsonText.Read(value, out _)),
        JsonValueKind.Array => Many(value.EnumerateArray(), "["u8, "]"u8, item => Value(item)),
        JsonValueKind.Object => Many(value.EnumerateObject(), "{"u8, "}"u8, member =>
            Text(JsonText.Name(member)).Raw(": "u8).Value(member.Value)),
        _ => Raw(JsonMarshal.GetRawUtf8Value(value)),
    };

    private JsonLine Many<T>(IEnumerable<T> items, ReadOnlySpan<byte> open, ReadOnlySpan<byte> close, Action<T> append)
    {
        Raw(open);
        var first = true;
        foreach (var item in items)
        {
            Raw(first ? default : ", "u8);
            append(item);
            first = false;
        }
        return Raw(close);
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
            Raw([(byte)'\\', (byte)name]);
            return;
        }
        var escape = Room(6);
        "\\u"u8.CopyTo(escape);
        ((ushort)character).TryFormat(escape[2..], out _, "x4");
        Length += 6;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - Length < bytes)
            Grow(bytes);
        return _bytes.AsSpan(Length);
    }

    private void Grow(int bytes) => Array.Resize(ref _bytes, Math.Max(Length + bytes, checked(_bytes.Length * 2)));
}
