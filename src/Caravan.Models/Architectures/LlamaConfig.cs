using Caravan.Checkpoints;

namespace Caravan.Models.Architectures;

/// <summary>The shape of a LLaMA model, read from <c>config.json</c> with Hugging Face's keys and defaults.</summary>
public sealed record LlamaConfig
{
    /// <exception cref="Caravan.Files.BadInputException">A key is missing, has another type, or asks for something that
    /// is not supported.</exception>
    public LlamaConfig(ModelConfigFile config)
    {
        VocabularySize = Positive(config, "vocab_size");
        HiddenSize = Positive(config, "hidden_size");
        IntermediateSize = Positive(config, "intermediate_size");
        Layers = Positive(config, "num_hidden_layers");
        Heads = Positive(config, "num_attention_heads");
        KeyValueHeads = config.GetInt("num_key_value_heads", Heads);
        HeadDim = config.GetInt("head_dim", HiddenSize / Heads);
        MaxPositions = config.GetInt("max_position_embeddings", 2048);
        RopeTheta = config.GetDouble("rope_theta", 10_000);
        RmsNormEpsilon = config.GetDouble("rms_norm_eps", 1e-6);
        TieWordEmbeddings = config.GetBool("tie_word_embeddings", false);
        if (KeyValueHeads <= 0 || Heads % KeyValueHeads != 0)
            throw config.Bad("num_key_value_heads", $"a divisor of num_attention_heads, which is {Heads}");
        if (!config.Has("head_dim") && HiddenSize % Heads != 0)
            throw config.Bad("hidden_size", $"a multiple of num_attention_heads, which is {Heads}");
        if (HeadDim <= 0 || HeadDim % 2 != 0)
            throw config.Bad("head_dim", "an even number above 0");
        if (config.GetString("hidden_act", "silu") != "silu")
            throw config.Bad("hidden_act", "\"silu\"");
        foreach (var key in new[] { "attention_bias", "mlp_bias" })
        {
            if (config.GetBool(key, false))
                throw config.Bad(key, "false");
        }
        if (config.Has("rope_scaling"))
            throw config.Bad("rope_scaling", "null");
    }

    public int VocabularySize { get; }
    public int HiddenSize { get; }
    public int IntermediateSize { get; }
    public int Layers { get; }
    public int Heads { get; }

    /// <summary>Heads of keys and values; queries share them in groups.</summary>
    public int KeyValueHeads { get; }
    public int HeadDim { get; }
    public int MaxPositions { get; }
    public double RopeTheta { get; }
    public double RmsNormEpsilon { get; }
    public bool TieWordEmbeddings { get; }

    private static int Positive(ModelConfigFile config, string key) =>
        config.GetInt(key) is > 0 and var value ? value : throw config.Bad(key, "a number above 0");
}
