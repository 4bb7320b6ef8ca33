using System.Globalization;
using System.Text;

namespace Caravan.Text.Patterns;

/// <summary>A set of code points, given by a predicate and remembered in blocks of 256 as they are asked for.</summary>
internal sealed class CharacterSet(Func<int, bool> contains)
{
    private const int BlockSize = 256;

    private readonly ulong[]?[] _blocks = new ulong[]?[char.MaxValue / BlockSize + 1];

    public static CharacterSet Any { get; } = new(_ => true);

    public static CharacterSet AnyButLineFeed { get; } = new(point => point != '\n');

    /// <summary>Letters, marks, numbers and connecting punctuation.</summary>
    public static CharacterSet Word { get; } = new(point => CategoryOf(point) is <= UnicodeCategory.OtherNumber
        or UnicodeCategory.ConnectorPunctuation);

    /// <summary>
    /// What the Rust regex library means by <c>\w</c>, which the Whitespace pre-tokenizer and single-word tokens use.
    /// </summary>
    public static CharacterSet RustWord { get; } = new(IsRustWord);

    public static CharacterSet Space { get; } = new(point => point <= char.MaxValue && char.IsWhiteSpace((char)point));

    public static CharacterSet Digit { get; } = OfCategories(UnicodeCategory.DecimalDigitNumber);

    public static CharacterSet HexDigit { get; } = new(point => point < 128 && char.IsAsciiHexDigit((char)point));

    public static CharacterSet Of(int point) => new(other => other == point);

    public static CharacterSet OfRange(int first, int last) => new(point => point >= first && point <= last);

    public static CharacterSet OfCategories(params UnicodeCategory[] categories)
    {
        var mask = categories.Aggregate(0UL, (bits, category) => bits | 1UL << (int)category);
        return new CharacterSet(point => (mask >> (int)CategoryOf(point) & 1) != 0);
    }

    public CharacterSet Inverted() => new(point => !Contains(point));

    public CharacterSet Or(CharacterSet other) => new(point => Contains(point) || other.Contains(point));

    public CharacterSet And(CharacterSet other) => new(point => Contains(point) && other.Contains(point));

    /// <summary>The set with upper and lower case of its members, and the two letters that fold to ASCII.</summary>
    public CharacterSet IgnoringCase() => new(point =>
        Contains(point)
        || Contains(Fold(point, Rune.ToLowerInvariant))
        || Contains(Fold(point, Rune.ToUpperInvariant))
        || (point == '\u017f' && (Contains('s') || Contains('S')))
        || (point == '\u212a' && (Contains('k') || Contains('K')))
        || (point is 's' or 'S' && Contains('\u017f'))
        || (point is 'k' or 'K' && Contains('\u212a')));

    public bool Contains(int point)
    {
        if (point > char.MaxValue)
            return contains(point);
        var block = _blocks[point / BlockSize] ?? CreateBlock(point / BlockSize);
        return (block[point % BlockSize / 64] >> (point % 64) & 1) != 0;
    }

    private static UnicodeCategory CategoryOf(int point) => CharUnicodeInfo.GetUnicodeCategory(point);

    /// <summary>Alphabetic characters, marks, decimal digits, connecting punctuation and the joiners.</summary>
    private static bool IsRustWord(int point) =>
        CategoryOf(point) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
        || point is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    private static int Fold(int point, Func<Rune, Rune> fold) =>
        Rune.IsValid(point) ? fold(new Rune(point)).Value : point;

    private ulong[] CreateBlock(int index)
    {
        var block = new ulong[BlockSize / 64];
        for (var i = 0; i < BlockSize; i++)
        {
            if (contains(index * BlockSize + i))
                block[i / 64] |= 1UL << (i % 64);
        }
        return _blocks[index] = block;
    }
}
