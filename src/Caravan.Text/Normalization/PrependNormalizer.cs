using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>Puts a text in front, unless there is nothing to put it in front of.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        var length = text.Length;
        if (length == 0)
            return;
        text.BeginRewrite(length + prefix.Length);
        text.Append(prefix, 0, 0);
        text.Keep(0, length);
        text.EndRewrite();
    }
}
