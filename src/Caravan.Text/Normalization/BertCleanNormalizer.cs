using System.Globalization;
using System.Text;

namespace Caravan.Text.Normalization;

/// <summary>
/// BERT's clean-up: control characters vanish, every whitespace is a space, Chinese characters stand alone.
/// </summary>
internal sealed class BertCleanNormalizer(bool cleansText, bool separatesChinese) : RuneNormalizer
{
    protected override string? Replace(Rune rune)
    {
        if (cleansText)
        {
            if (rune.Value is '\t' or '\n' or '\r')
                return " ";
            var isOther = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.PrivateUse;
            if (isOther || rune.Value == 0xFFFD)
                return "";
            if (rune.Value != ' ' && Rune.IsWhiteSpace(rune))
                return " ";
        }
        return separatesChinese && IsChinese(rune.Value) ? $" {rune} " : null;
    }

    private static bool IsChinese(int point) => point is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F)
        or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
