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
        var text = new StringBuilder(raw.Length);
        loneSurrogates = 0;
        while (!raw.IsEmpty)
        {
            var plain = raw.IndexOf((byte)'\\');
            if (plain < 0)
                plain = raw.Length;
            AppendUtf8(text, raw[..plain]);
            raw = raw[plain..];
            if (raw.IsEmpty)
                break;
            if (raw[1] != 'u')
            {
                text.Append(Single(raw[1]));
                raw = raw[2..];
                continue;
            }
            var first = Hex(raw);
            raw = raw[6..];
            if (!char.IsSurrogate(first))
                text.Append(first);
            else if (char.IsHighSurrogate(first) && raw.StartsWith("\\u"u8) && char.IsLowSurrogate(Hex(raw)))
            {
                text.Append(first).Append(Hex(raw));
                raw = raw[6..];
            }
            else
            {
                text.Append(Replacement);
                loneSurrogates++;
            }
        }
        return text.ToString();
    }

    private static void AppendUtf8(StringBuilder text, ReadOnlySpan<byte> utf8)
    {
        Span<char> characters = stackalloc char[512];
        while (!utf8.IsEmpty)
        {
            System.Text.Unicode.Utf8.ToUtf16(utf8, characters, out var read, out var written);
            text.Append(characters[..written]);
            utf8 = utf8[read..];
        }
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
