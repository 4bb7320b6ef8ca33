using System.Text;

namespace Caravan.Text.Normalization;

/// <summary>Lower case, character by character (so a final sigma becomes σ, not ς).</summary>
internal sealed class LowercaseNormalizer : RuneNormalizer
{
    private const int CapitalIWithDot = 0x130;

    protected override string? Replace(Rune rune)
    {
        if (rune.Value is < 'A' or (> 'Z' and < 0xC0))
            return null;
        // The only character whose full lower case is two characters.
        if (rune.Value == CapitalIWithDot)
            return "i\u0307";
        var lower = Rune.ToLowerInvariant(rune);
        return lower == rune ? null : lower.ToString();
    }
}
