namespace Caravan.Models.Architectures;

/// <summary>The shape of a LLaMA model; keys and defaults of Hugging Face's <c>LlamaConfig</c>.</summary>
public sealed record LlamaConfig
{
    public required int VocabularySize { get; init; }
    public required int HiddenSize { get; init; }
    public required int IntermediateSize { get; init; }
    public required int Layers { get; init; }
    public required int Heads { get; init; }

    /// <summary>Heads of keys and values; queries share them in groups.</summary>
    public required int KeyValueHeads { get; init; }
    public required int HeadDim { get; init; }
    public required int MaxPositions { get; init; }
    public double RopeTheta { get; init; } = 10_000;
    public double RmsNormEpsilon { get; init; } = 1e-6;
    public bool TieWordEmbeddings { get; init; }
    public double InitializerRange { get; init; } = 0.02;
}
