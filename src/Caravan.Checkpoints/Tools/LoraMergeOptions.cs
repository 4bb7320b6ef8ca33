namespace Caravan.Checkpoints;

/// <summary>What a LoRA adapter is merged into.</summary>
public sealed record LoraMergeOptions
{
    /// <summary>Folder of the base model; null for the one that the adapter names.</summary>
    public string? BaseModel { get; init; }

    /// <summary>
    /// Whether the adapter was trained over an NF4 base (QLoRA): the linear layers are rounded to NF4 first.
    /// </summary>
    public bool QuantizedBase { get; init; }

    /// <summary>Folder of the tokenizer; null for the adapter's, or else the base's.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>
    /// The tokenizer's length: a smaller vocabulary matrix that the adapter does not hold gains rows, each the mean of
    /// the old ones. Null keeps the rows.
    /// </summary>
    public int? VocabularyRows { get; init; }

    /// <summary>Gained rows come up to a multiple of this; 1 adds no more than the tokenizer needs.</summary>
    public int VocabularyMultiple { get; init; } = 1;
}
