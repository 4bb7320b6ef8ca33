using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Caravan.Data.Json;

/// <summary>
/// Text that stays as it stands in JSON strings: UTF-8 with the escapes that <see cref="JsonLine"/> writes and no
/// others, so that equal texts have equal bytes. Most text on its way from file to file need not be more.
/// </summary>
internal static class JsonString
{
    /// <summary>Bytes of room that <see cref="Copy"/> may write behind its result.</summary>
    public const int Slack = 32;

    /// <summary>
    /// Copies the string whose first character stands at <paramref name="position"/>, up to its closing quote, behind
    /// which the position then is. The output is never longer than the input, and must have <see cref="Slack"/> more.
    /// </summary>
    /// <returns>
    /// The bytes written; -1 if the string has no end, or has what is not valid JSON, a half surrogate pair or NUL.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Copy(ReadOnlySpan<byte> text, ref int position, Span<byte> output)
    {
        ref var source = ref MemoryMarshal.GetReference(text);
        ref var target = ref MemoryMarshal.GetReference(output);
        if (output.Length < text.Length - position + Slack)
            throw new ArgumentException("the output is too short", nameof(output));
        int read = position, written = 0;
        while (true)
        {
            // A whole block is copied before it is known how much of it counts.
            for (; text.Length - read >= Vector256<byte>.Count; read += Vector256<byte>.Count)
            {
                var block = Vector256.LoadUnsafe(ref source, (nuint)read);
                block.StoreUnsafe(ref target, (nuint)written);
                var special = (Vector256.Equals(block, Vector256.Create((byte)'"')) |
                    Vector256.Equals(block, Vector256.Create((byte)'\\')) |
                    Vector256.LessThan(block, Vector256.Create((byte)' '))).ExtractMostSignificantBits();
                if (special != 0)
                {
                    var plain = BitOperations.TrailingZeroCount(special);
                    (read, written) = (read + plain, written + plain);
                    break;
                }
                written += Vector256<byte>.Count;
            }
            if (read >= text.Length)
                return -1;
            var character = Unsafe.Add(ref source, read);
            if (character == '"')
            {
                position = read + 1;
                return written;
            }
            if (character == '\\')
            {
                var length = Escape(text[read..], output[written..], out var used);
                if (length == 0)
                    return -1;
                (read, written) = (read + used, written + length);
            }
            else if (character < ' ')
                return -1;
            else
            {
                Unsafe.Add(ref target, written++) = character;
                read++;
            }
        }
    }

    /// <summary>The text in this form.</summary>
    public static byte[] Of(string text)
    {
        var line = new JsonLine(ascii: false);
        line.Text(text);
        return line.Written[1..^1].ToArray();
    }

    /// <summary>Without white space at both ends, see <see cref="Whitespace"/>.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text)
    {
        while (BlankAtStart(text) is > 0 and var length)
            text = text[length..];
        while (BlankAtEnd(text) is > 0 and var length)
            text = text[..^length];
        return text;
    }

    /// <summary>True when there is nothing but white space.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> text) => Trim(text).IsEmpty;

    // Writes one escape, of which text is the beginning, and returns the bytes written, or 0.
    private static int Escape(ReadOnlySpan<byte> text, Span<byte> output, out int used)
    {
        used = 2;
        if (text.Length < 2)
            return 0;
        switch (text[1])
        {
            case (byte)'n' or (byte)'"' or (byte)'\\' or (byte)'t' or (byte)'r' or (byte)'b' or (byte)'f':
                output[0] = (byte)'\\';
                output[1] = text[1];
                return 2;
            case (byte)'/':
                output[0] = (byte)'/';
                return 1;
            case (byte)'u':
                return Unicode(text, output, out used);
            default:
                return 0;
        }
    }

    private static int Unicode(ReadOnlySpan<byte> text, Span<byte> output, out int used)
    {
        used = 6;
        var code = Hex(text);
        if (code >= 0x80 && code is < 0xD800 or > 0xDFFF)
            return new Rune(code).EncodeToUtf8(output);
        if (code is >= 0xD800 and <= 0xDBFF && text.Length > 7 && text[6] == '\\' && text[7] == 'u')
        {
            used = 12;
            return Rune.TryCreate((char)code, (char)Math.Max(0, Hex(text[6..])), out var rune)
                ? rune.EncodeToUtf8(output) : 0;
        }
        if (code is <= 0 or >= 0x80)
            return 0;
        if (code >= ' ' && code is not ('"' or '\\'))
        {
            output[0] = (byte)code;
            return 1;
        }
        output[0] = (byte)'\\';
        var name = code is '"' or '\\' ? (char)code : code is >= 8 and <= 13 and not 11 ? "btn\0fr"[code - 8] : '\0';
        if (name != '\0')
        {
            output[1] = (byte)name;
            return 2;
        }
        "u00"u8.CopyTo(output[1..]);
        Utf8Formatter.TryFormat(code, output[4..], out _, new System.Buffers.StandardFormat('x', 2));
        return 6;
    }

    // The number in \uXXXX; -1 if it is none.
    private static int Hex(ReadOnlySpan<byte> escape)
    {
        if (escape.Length < 6)
            return -1;
        var code = 0;
        foreach (var digit in escape.Slice(2, 4))
        {
            var value = HexValue(digit);
            if (value < 0)
                return -1;
            code = (code << 4) | value;
        }
        return code;
    }

    private static int HexValue(byte digit) => digit switch
    {
        >= (byte)'0' and <= (byte)'9' => digit - '0',
        >= (byte)'a' and <= (byte)'f' => digit - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => digit - 'A' + 10,
        _ => -1,
    };

    // The length of the blank character that the text begins with, or 0.
    private static int BlankAtStart(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] is > (byte)' ' and < 0x80 and not (byte)'\\')
            return 0;
        if (text[0] == ' ')
            return 1;
        if (text[0] == '\\')
            return BlankEscape(text);
        Rune.DecodeFromUtf8(text, out var rune, out var length);
        return Rune.IsWhiteSpace(rune) ? length : 0;
    }

    private static int BlankAtEnd(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return 0;
        if (text[^1] == ' ')
            return 1;
        if (text[^1] >= 0x80)
        {
            Rune.DecodeLastFromUtf8(text, out var rune, out var length);
            return Rune.IsWhiteSpace(rune) ? length : 0;
        }
        foreach (var length in (ReadOnlySpan<int>)[2, 6])
        {
            // The backslash that begins an escape is one of an odd number of them.
            if (text.Length >= length && text[^length] == '\\' && BlankEscape(text[^length..]) == length &&
                (text.Length - length - text[..^length].TrimEnd((byte)'\\').Length) % 2 == 0)
            {
                return length;
            }
        }
        return 0;
    }

    private static int BlankEscape(ReadOnlySpan<byte> escape)
    {
        if (escape.Length >= 2 && escape[1] is (byte)'n' or (byte)'t' or (byte)'r' or (byte)'f')
            return 2;
        return escape.Length >= 6 && escape[1] == 'u' && Whitespace.Is((char)Math.Max(0, Hex(escape))) ? 6 : 0;
    }
}
