using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>Replaces one character by another: the most common replacement, a space by ▁, in one pass.</summary>
internal sealed class ReplaceCharNormalizer(char from, char to) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        var chars = text.Chars;
        if (!chars.Contains(from))
            return;
        text.BeginRewrite(chars.Length);
        text.Keep(0, chars.Length);
        text.Written.Replace(from, to);
        text.EndRewrite();
    }
}
