using System.Globalization;
using System.Text;

namespace Caravan.Text.PreTokenization;

/// <summary>The classes that the pre-tokenizers' patterns distinguish; they exclude each other.</summary>
internal static class CharacterClass
{
    public const byte Other = 0;
    public const byte Letter = 1;
    public const byte Number = 2;
    public const byte Space = 3;

    /// <summary>In <see cref="Table"/> only: half of a surrogate pair, to be looked up as a whole.</summary>
    private const byte Surrogate = 4;

    private static readonly byte[] Table = CreateTable();

    /// <summary>
    /// The class of the character at <paramref name="index"/>, which is two chars long if it is a surrogate pair.
    /// </summary>
    public static byte At(ReadOnlySpan<char> text, int index, out int length)
    {
        length = 1;
        var found = Table[text[index]];
        if (found != Surrogate)
            return found;
        // An unpaired surrogate is read as U+FFFD, which is none of the classes.
        if (Rune.DecodeFromUtf16(text[index..], out var rune, out length) != System.Buffers.OperationStatus.Done)
            return Other;
        return Of(CharUnicodeInfo.GetUnicodeCategory(rune.Value), isSpace: false);
    }

    /// <summary>
    /// The end of the run of characters of class <paramref name="kind"/> that begins at <paramref name="index"/>.
    /// </summary>
    public static int RunEnd(ReadOnlySpan<char> text, int index, byte kind)
    {
        while (index < text.Length && At(text, index, out var length) == kind)
            index += length;
        return index;
    }

    private static byte Of(UnicodeCategory category, bool isSpace)
    {
        if (isSpace)
            return Space;
        return category switch
        {
            <= UnicodeCategory.OtherLetter => Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Number,
            _ => Other,
        };
    }

    private static byte[] CreateTable()
    {
        var table = new byte[char.MaxValue + 1];
        for (var value = 0; value < table.Length; value++)
        {
            var c = (char)value;
            table[value] = char.IsSurrogate(c) ? Surrogate : Of(char.GetUnicodeCategory(c), char.IsWhiteSpace(c));
        }
        return table;
    }
}
