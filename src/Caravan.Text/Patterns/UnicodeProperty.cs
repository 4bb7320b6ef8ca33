using System.Globalization;

namespace Caravan.Text.Patterns;

/// <summary>
/// The sets behind <c>\p{…}</c> and <c>[[:…:]]</c>: general categories, and the scripts that patterns use.
/// </summary>
internal static class UnicodeProperty
{
    private static readonly Dictionary<string, UnicodeCategory[]> Categories = CreateCategories();

    private static readonly Dictionary<string, CharacterSet> Named = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Any"] = CharacterSet.Any,
        ["Han"] = Ranges(
            (0x2E80, 0x2E99), (0x2E9B, 0x2EF3), (0x2F00, 0x2FD5), (0x3005, 0x3005), (0x3007, 0x3007), (0x3021, 0x3029),
            (0x3038, 0x303B), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFA6D), (0xFA70, 0xFAD9),
            (0x16FE2, 0x16FE3), (0x16FF0, 0x16FF1), (0x20000, 0x2A6DF), (0x2A700, 0x2B739), (0x2B740, 0x2B81D),
            (0x2B820, 0x2CEA1), (0x2CEB0, 0x2EBE0), (0x2F800, 0x2FA1D), (0x30000, 0x3134A), (0x31350, 0x323AF)),
        ["Hiragana"] = Ranges((0x3041, 0x3096), (0x309D, 0x309F), (0x1B001, 0x1B11F), (0x1F200, 0x1F200)),
        ["Katakana"] = Ranges(
            (0x30A1, 0x30FA), (0x30FD, 0x30FF), (0x31F0, 0x31FF), (0x32D0, 0x32FE), (0x3300, 0x3357), (0xFF66, 0xFF6F),
            (0xFF71, 0xFF9D), (0x1B000, 0x1B000)),
        ["Hangul"] = Ranges(
            (0x1100, 0x11FF), (0x302E, 0x302F), (0x3131, 0x318E), (0x3200, 0x321E), (0x3260, 0x327E), (0xA960, 0xA97C),
            (0xAC00, 0xD7A3), (0xD7B0, 0xD7C6), (0xD7CB, 0xD7FB), (0xFFA0, 0xFFBE), (0xFFC2, 0xFFC7), (0xFFCA, 0xFFCF),
            (0xFFD2, 0xFFD7), (0xFFDA, 0xFFDC)),
        ["Alpha"] = CharacterSet.OfCategories(Categories["L"]).Or(CharacterSet.OfCategories(Categories["M"])),
        ["Digit"] = CharacterSet.Digit,
        ["Alnum"] = CharacterSet.OfCategories([.. Categories["L"], .. Categories["M"], .. Categories["Nd"]]),
        ["Space"] = CharacterSet.Space,
        ["White_Space"] = CharacterSet.Space,
        ["Upper"] = CharacterSet.OfCategories(UnicodeCategory.UppercaseLetter),
        ["Lower"] = CharacterSet.OfCategories(UnicodeCategory.LowercaseLetter),
        ["Word"] = CharacterSet.Word,
        ["XDigit"] = CharacterSet.HexDigit,
        ["Punct"] = CharacterSet.OfCategories([.. Categories["P"], .. Categories["S"]]),
    };

    /// <summary>The set of that name, or null.</summary>
    public static CharacterSet? Find(string name)
    {
        var plain = name.StartsWith("Is", StringComparison.Ordinal) ? name[2..] : name;
        if (Categories.TryGetValue(plain, out var categories))
            return CharacterSet.OfCategories(categories);
        return Named.GetValueOrDefault(plain);
    }

    private static CharacterSet Ranges(params (int First, int Last)[] ranges) =>
        new(point => Array.Exists(ranges, range => point >= range.First && point <= range.Last));

    private static Dictionary<string, UnicodeCategory[]> CreateCategories()
    {
        // The short names in the order of the enumeration.
        string[] names =
        [
            "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
            "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
        ];
        var categories = new Dictionary<string, UnicodeCategory[]>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < names.Length; i++)
            categories[names[i]] = [(UnicodeCategory)i];
        foreach (var group in names.Select((name, i) => (name, (UnicodeCategory)i)).GroupBy(pair => pair.name[..1]))
            categories[group.Key] = [.. group.Select(pair => pair.Item2)];
        foreach (var (longName, shortName) in new (string, string)[]
        {
            ("Letter", "L"), ("Mark", "M"), ("Number", "N"), ("Punctuation", "P"), ("Symbol", "S"), ("Separator", "Z"),
            ("Other", "C"),
        })
        {
            categories[longName] = categories[shortName];
        }
        return categories;
    }
}
