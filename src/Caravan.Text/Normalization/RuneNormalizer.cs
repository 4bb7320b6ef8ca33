using System.Text;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>A normalizer that changes, drops or surrounds single characters, whatever stands beside them.</summary>
internal abstract class RuneNormalizer : Normalizer
{
    public sealed override void Apply(NormalizedText text)
    {
        var chars = text.Chars;
        var (kept, rewriting, position) = (0, false, 0);
        while (position < chars.Length)
        {
            Rune.DecodeFromUtf16(chars[position..], out var rune, out var length);
            if (Replace(rune) is { } replacement)
            {
                if (!rewriting)
                    text.BeginRewrite(chars.Length);
                rewriting = true;
                text.Keep(kept, position);
                text.Append(replacement, position, position + length);
                kept = position + length;
            }
            position += length;
        }
        if (!rewriting)
            return;
        text.Keep(kept, chars.Length);
        text.EndRewrite();
    }

    /// <summary>What to put in the place of a character; null to leave it as it is.</summary>
    protected abstract string? Replace(Rune rune);
}
