using Caravan.Text.Pipeline;

namespace Caravan.Text.Normalization;

/// <summary>Rewrites text before it is split into words. Immutable and shared by all threads.</summary>
internal abstract class Normalizer
{
    public abstract void Apply(NormalizedText text);
}
