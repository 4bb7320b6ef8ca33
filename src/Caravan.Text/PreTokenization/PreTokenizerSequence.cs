using Caravan.Text.Pipeline;

namespace Caravan.Text.PreTokenization;

/// <summary>Several pre-tokenizers, each dividing the words of the one before it.</summary>
internal sealed class PreTokenizerSequence(PreTokenizer[] steps) : PreTokenizer
{
    public override bool ChangesText { get; } = steps.Any(step => step.ChangesText);

    public override void Apply(NormalizedText text, Workspace workspace)
    {
        foreach (var step in steps)
            step.Apply(text, workspace);
    }
}
