using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>Several normalizers, one after the other.</summary>
internal sealed class NormalizerSequence(Normalizer[] steps) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        foreach (var step in steps)
            step.Apply(text);
    }
}
