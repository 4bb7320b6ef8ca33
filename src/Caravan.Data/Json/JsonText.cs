using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Caravan.Data.Json;

/// <summary>
/// Text of JSON strings as scraped data has it: half surrogate pairs, which Python writes and the .NET readers refuse,
/// become U+FFFD and are counted.
/// </summary>
public static class JsonText
{
    private const char Replacement = '\uFFFD';

    /// <summary>The text of a string element, and how many half surrogate pairs were replaced in it.</summary>
    public static string Read(JsonElement element, out int loneSurrogates)
    {
        var quoted = JsonMarshal.GetRawUtf8Value(element);
        var raw = quoted[1..^1];
        loneSurrogates = 0;
        return raw.Contains((byte)'\\') ? Unescape(raw, out loneSurrogates) : Encoding.UTF8.GetString(raw);
    }

    /// <summary>The text of what stands between the quotes of a valid JSON string.</summary>
    public static string Decode(ReadOnlySpan<byte> quoted) =>
        quoted.Contains((byte)'\\') ? Unescape(quoted, out _) : Encoding.UTF8.GetString(quoted);

    /// <summary>The name of a member.</summary>
    public static string Name(JsonProperty member) => Decode(JsonMarshal.GetRawUtf8PropertyName(member));

    /// <summary>Whether what stands between the quotes of a string has half a surrogate pair.</summary>
    public static bool HasHalfPair(ReadOnlySpan<byte> quoted)
    {
        var halves = 0;
        if (quoted.Contains((byte)'\\'))
            Unescape(quoted, out halves);
        return halves > 0;
    }

    /// <summary>How a person calls the value: <c>null</c>, <c>a number</c>, <c>an array</c>…</summary>
    public static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "a truth value",
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "a string",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => "nothing",
    };

    private static string Unescape(ReadOnlySpan<byte> raw, out int loneSurrogates)
    {
        // No character takes less than a byte.
        var buffer = ArrayPool<char>.Shared.Rent(raw.Length);
        var length = 0;
        loneSurrogates = 0;
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0)
                plain = raw.Length;
            length += Encoding.UTF8.GetChars(raw[..plain], buffer.AsSpan(length));
            raw = raw[plain..];
            if (raw.IsEmpty)
                break;
            if (raw[1] != 'u')
            {
                buffer[length++] = Single(raw[1]);
                raw = raw[2..];
                continue;
            }
            var first = Hex(raw);
            raw = raw[6..];
            if (char.IsHighSurrogate(first) && raw.StartsWith("\\u"u8) && char.IsLowSurrogate(Hex(raw)))
            {
                (buffer[length], buffer[length + 1]) = (first, Hex(raw));
                length += 2;
                raw = raw[6..];
                continue;
            }
            loneSurrogates += char.IsSurrogate(first) ? 1 : 0;
            buffer[length++] = char.IsSurrogate(first) ? Replacement : first;
        }
        var text = new string(buffer, 0, length);
        ArrayPool<char>.Shared.Return(buffer);
        return text;
    }

    private static char Hex(ReadOnlySpan<byte> escape) =>
        (char)ushort.Parse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static char Single(byte escape) => escape switch
    {
        (byte)'n' => '\n',
        (byte)'t' => '\t',
        (byte)'r' => '\r',
        (byte)'b' => '\b',
        (byte)'f' => '\f',
        _ => (char)escape,
    };
}
