namespace Caravan.Text;

/// <summary>What <see cref="ByteLevelBpeTrainer"/> makes.</summary>
public sealed record ByteLevelBpeOptions
{
    /// <summary>
    /// Number of tokens, special ones and the 256 bytes included. Fewer come out when the text has too few pairs that
    /// occur <see cref="MinFrequency"/> times.
    /// </summary>
    public required int VocabularySize { get; init; }

    /// <summary>Beginning of sequence, put in front of every encoded text; null for none.</summary>
    public string? BosToken { get; init; } = "<s>";

    public string EosToken { get; init; } = "</s>";

    public string? PadToken { get; init; } = "<pad>";

    /// <summary>More special tokens, behind the three above.</summary>
    public IReadOnlyList<string> AdditionalSpecialTokens { get; init; } = [];

    /// <summary>A pair seen less often does not become a token.</summary>
    public int MinFrequency { get; init; } = 2;

    /// <summary>Written as <c>model_max_length</c>; null for no limit.</summary>
    public int? ModelMaxLength { get; init; }

    /// <summary>Jinja chat template for other programs; null for none.</summary>
    public string? ChatTemplate { get; init; }
}
