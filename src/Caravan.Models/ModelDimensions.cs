using Caravan.Checkpoints;

namespace Caravan.Models;

/// <summary>The extents of a decoder, whatever its architecture.</summary>
public sealed record ModelDimensions
{
    /// <summary>Rows of the embedding: token ids are smaller.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width inside the feed-forward part.</summary>
    public required int IntermediateSize { get; init; }

    public required int Layers { get; init; }

    /// <summary>Heads of queries.</summary>
    public required int Heads { get; init; }

    /// <summary>Heads of keys and values; queries share them in groups.</summary>
    public required int KeyValueHeads { get; init; }

    public required int HeadDim { get; init; }

    /// <summary>The context length the model was trained for.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Reads the keys that LLaMA and most later configurations share.</summary>
    /// <param name="defaultMaxPositions">Where <c>max_position_embeddings</c> is absent.</param>
    /// <param name="defaultKeyValueHeads">Where <c>num_key_value_heads</c> is absent; null for as many as of queries.
    /// </param>
    internal static ModelDimensions Read(
        ModelConfigFile config, int defaultMaxPositions, int? defaultKeyValueHeads = null)
    {
        var heads = Positive(config, "num_attention_heads");
        var hidden = Positive(config, "hidden_size");
        var keyValueHeads = config.GetInt("num_key_value_heads", defaultKeyValueHeads ?? heads);
        if (keyValueHeads <= 0 || heads % keyValueHeads != 0)
            throw config.Bad("num_key_value_heads", $"a divisor of num_attention_heads, which is {heads}");
        return new ModelDimensions
        {
            VocabularySize = Positive(config, "vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = Positive(config, "intermediate_size"),
            Layers = Positive(config, "num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadDim = config.Has("head_dim")
                ? Positive(config, "head_dim")
                : DividedAmongHeads(config, "hidden_size", hidden, "num_attention_heads", heads),
            MaxPositions = Positive(config, "max_position_embeddings", defaultMaxPositions),
        };
    }

    /// <summary>The head dimension of models whose heads share the hidden size out among them.</summary>
    internal static int DividedAmongHeads(
        ModelConfigFile config, string hiddenKey, int hidden, string headsKey, int heads) =>
        hidden % heads == 0
            ? hidden / heads
            : throw config.Bad(hiddenKey, $"a multiple of {headsKey}, which is {heads}");

    /// <summary>A probability of dropout.</summary>
    internal static double Dropout(ModelConfigFile config, string key, double defaultValue) =>
        config.GetDouble(key, defaultValue) is >= 0 and < 1 and var value
            ? value
            : throw config.Bad(key, "a number from 0 up to but without 1");

    /// <exception cref="Caravan.Files.BadInputException">0 or less, or absent without a default.</exception>
    internal static int Positive(ModelConfigFile config, string key, int? defaultValue = null) =>
        (config.FindInt(key) ?? defaultValue ?? config.GetInt(key)) is > 0 and var value
            ? value
            : throw config.Bad(key, "a number above 0");
}
