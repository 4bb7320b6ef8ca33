using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>Takes whitespace away from the ends of the text.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        var chars = text.Chars;
        var start = left ? chars.Length - chars.TrimStart().Length : 0;
        var end = right ? Math.Max(start, chars.TrimEnd().Length) : chars.Length;
        if (start == 0 && end == chars.Length)
            return;
        text.BeginRewrite(end - start);
        text.Keep(start, end);
        text.EndRewrite();
    }
}
