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
    private static readonly int[] HexValues = [.. Enumerable.Range(0, 256).Select(
        digit => char.IsAsciiHexDigit((char)digit) ? Convert.ToInt32($"{(char)digit}", 16) : -1)];

    /// <summary>Bytes of room that <see cref="Copy"/> may write behind its result.</summary>
    public const int Slack = Block;

    private const int Block = 64;

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
        ref var hex = ref MemoryMarshal.GetArrayDataReference(HexValues);
        if (output.Length < text.Length - position + Slack)
            throw new ArgumentException("the output is too short", nameof(output));
        int read = position, written = 0;
        // The special characters of 64 bytes are found at once. What lies before each is copied in a block before it is
        // known how much of the block counts.
        while (text.Length - read >= 2 * Block)
        {
            var start = read;
            var special = Special(Vector512.LoadUnsafe(ref source, (nuint)read));
            while (true)
            {
                Vector512.LoadUnsafe(ref source, (nuint)read).StoreUnsafe(ref target, (nuint)written);
                var next = start + (special == 0 ? Block : BitOperations.TrailingZeroCount(special));
                (read, written) = (next, written + next - read);
                if (special == 0)
                    break;
                if (Letter(ref Unsafe.Add(ref source, read), ref hex) is >= 0x80 and var code)
                {
                    PutLetter(ref Unsafe.Add(ref target, written), code);
                    (read, written) = (read + 6, written + 2);
                }
                else if (Escape(text[read..], output[written..], out var used) is > 0 and var length)
                    (read, written) = (read + used, written + length);
                else
                    return Close(text, read, ref position, written);
                if (read - start >= Block)
                    break;
                special &= ulong.MaxValue << (read - start);
            }
        }
        while (read < text.Length)
        {
            if (text.Length - read >= Vector256<byte>.Count)
            {
                var block = Vector256.LoadUnsafe(ref source, (nuint)read);
                block.StoreUnsafe(ref target, (nuint)written);
                var special = Special(block);
                var plain = BitOperations.TrailingZeroCount(special);
                (read, written) = (read + plain, written + plain);
                if (special == 0)
                    continue;
            }
            var character = Unsafe.Add(ref source, read);
            if (character is >= (byte)' ' and not ((byte)'"' or (byte)'\\'))
            {
                Unsafe.Add(ref target, written++) = character;
                read++;
            }
            else if (text.Length - read >= 6 &&
                Letter(ref Unsafe.Add(ref source, read), ref hex) is >= 0x80 and var code)
            {
                PutLetter(ref Unsafe.Add(ref target, written), code);
                (read, written) = (read + 6, written + 2);
            }
            else if (Escape(text[read..], output[written..], out var used) is > 0 and var length)
                (read, written) = (read + used, written + length);
            else
                return Close(text, read, ref position, written);
        }
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Special(Vector512<byte> block) =>
        (Vector512.Equals(block, Vector512.Create((byte)'"')) | Vector512.Equals(block, Vector512.Create((byte)'\\')) |
            Vector512.LessThan(block, Vector512.Create((byte)' '))).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Special(Vector256<byte> block) =>
        (Vector256.Equals(block, Vector256.Create((byte)'"')) | Vector256.Equals(block, Vector256.Create((byte)'\\')) |
            Vector256.LessThan(block, Vector256.Create((byte)' '))).ExtractMostSignificantBits();

    // The letter of an escape from \u0080 to \u07ff, by far the most common ones in text that Python wrote. Less than
    // 0x80 if the six bytes are something else.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Letter(ref byte escape, ref int hex)
    {
        // A backslash, a u, 0, and 0 to 7, the first byte lowest.
        var beginning = Unsafe.ReadUnaligned<uint>(ref escape);
        if ((beginning & 0xF8FFFFFF) != 0x3030755C)
            return -1;
        return (int)((beginning >> 16) & 0x700) | (Unsafe.Add(ref hex, Unsafe.Add(ref escape, 4)) << 4) |
            Unsafe.Add(ref hex, Unsafe.Add(ref escape, 5));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutLetter(ref byte target, int code) =>
        Unsafe.WriteUnaligned(ref target, (ushort)(0x80C0 | (code >> 6) | ((code & 0x3F) << 8)));

    // The end of the copy at a character that is special and no escape, which should be the closing quote.
    private static int Close(ReadOnlySpan<byte> text, int read, ref int position, int written)
    {
        if (text[read] != '"')
            return -1;
        position = read + 1;
        return written;
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

    // Writes the escape that the text begins with and returns the bytes written; 0 if it begins with none.
    private static int Escape(ReadOnlySpan<byte> text, Span<byte> output, out int used)
    {
        used = 2;
        if (text.Length < 2 || text[0] != '\\')
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
    private static int Hex(ReadOnlySpan<byte> escape) =>
        escape.Length < 6 ? -1 : Hex(ref Unsafe.AsRef(in escape[2]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Hex(ref byte digits)
    {
        ref var values = ref MemoryMarshal.GetArrayDataReference(HexValues);
        // A character that is no digit has -1, whose sign no other digit can take away.
        return (Unsafe.Add(ref values, digits) << 12) |
            (Unsafe.Add(ref values, Unsafe.Add(ref digits, 1)) << 8) |
            (Unsafe.Add(ref values, Unsafe.Add(ref digits, 2)) << 4) |
            Unsafe.Add(ref values, Unsafe.Add(ref digits, 3));
    }

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
