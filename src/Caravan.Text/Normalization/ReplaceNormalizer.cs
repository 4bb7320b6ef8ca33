using Caravan.Text.Patterns;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>Replaces every match of a pattern.</summary>
internal sealed class ReplaceNormalizer(Pattern pattern, string replacement) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        var matches = new List<CharSpan>();
        pattern.FindAll(text.Chars, matches);
        if (matches.Count == 0)
            return;
        var length = text.Length;
        text.BeginRewrite(length);
        var kept = 0;
        foreach (var match in matches)
        {
            text.Keep(kept, match.Start);
            text.Append(replacement, match.Start, match.End);
            kept = match.End;
        }
        text.Keep(kept, length);
        text.EndRewrite();
    }
}
