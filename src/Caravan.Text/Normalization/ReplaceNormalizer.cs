using Caravan.Text.Patterns;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>Replaces every match of a pattern.</summary>
internal sealed class ReplaceNormalizer(Pattern pattern, string replacement) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        var matches = pattern.Matches(text.Chars);
        if (!matches.Next(out var match))
            return;
        var length = text.Length;
        text.BeginRewrite(length);
        var kept = 0;
        do
        {
            text.Keep(kept, match.Start);
            text.Append(replacement, match.Start, match.End);
            kept = match.End;
        }
        while (matches.Next(out match));
        text.Keep(kept, length);
        text.EndRewrite();
    }
}
