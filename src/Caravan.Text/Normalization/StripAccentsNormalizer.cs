using System.Globalization;
using System.Text;

namespace Caravan.Text.Normalization;

/// <summary>Drops marks; accents are marks of their own only behind NFD or NFKD.</summary>
/// <param name="onlyNonSpacing">Whether spacing and enclosing marks stay, as BERT's normalizer has it.</param>
internal sealed class StripAccentsNormalizer(bool onlyNonSpacing) : RuneNormalizer
{
    protected override string? Replace(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark => "",
        UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark when !onlyNonSpacing => "",
        _ => null,
    };
}
