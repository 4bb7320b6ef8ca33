using System.Text;

namespace Caravan.Text.Models;

/// <summary>
/// GPT-2's way to write bytes as visible characters: printable Latin-1 bytes are themselves, the other 68 bytes are
/// U+0100 and up in their order (so a space is written Ġ).
/// </summary>
internal static class ByteLevelAlphabet
{
    private static readonly char[] Chars = CreateChars();
    private static readonly short[] Bytes = CreateBytes();

    public static char CharOf(byte value) => Chars[value];

    /// <summary>The byte that a character stands for, or -1 if it is not in the alphabet.</summary>
    public static int ByteOf(char c) => c < Bytes.Length ? Bytes[c] : -1;

    /// <summary>
    /// The bytes that a token stands for; a token with any other character stands for its own UTF-8 bytes.
    /// </summary>
    public static byte[] BytesOf(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            var value = ByteOf(token[i]);
            if (value < 0)
                return System.Text.Encoding.UTF8.GetBytes(token);
            bytes[i] = (byte)value;
        }
        return bytes;
    }

    /// <summary>How the alphabet writes the UTF-8 bytes of <paramref name="text"/>.</summary>
    public static string Write(string text)
    {
        var builder = new StringBuilder();
        foreach (var value in System.Text.Encoding.UTF8.GetBytes(text))
            builder.Append(CharOf(value));
        return builder.ToString();
    }

    private static char[] CreateChars()
    {
        var chars = new char[256];
        var extra = '\u0100';
        for (var value = 0; value < 256; value++)
        {
            var printable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;
            chars[value] = printable ? (char)value : extra++;
        }
        return chars;
    }

    private static short[] CreateBytes()
    {
        var bytes = new short[0x144];
        Array.Fill(bytes, (short)-1);
        for (var value = 0; value < 256; value++)
            bytes[Chars[value]] = (short)value;
        return bytes;
    }
}
