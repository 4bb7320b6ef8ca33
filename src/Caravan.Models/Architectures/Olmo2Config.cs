using Caravan.Checkpoints;
using Caravan.Models.Parts;

namespace Caravan.Models.Architectures;

/// <summary>The shape of an OLMo 2, read from <c>config.json</c> with Hugging Face's keys and defaults.</summary>
internal sealed record Olmo2Config
{
    /// <exception cref="Caravan.Files.BadInputException">A key is missing, has another type, or asks for something that
    /// is not supported.</exception>
    internal Olmo2Config(ModelConfigFile config)
    {
        Dimensions = ModelDimensions.Read(config, defaultMaxPositions: 2048);
        Rotary = RotaryFrequencies.Read(config, Dimensions.HeadDim, Dimensions.MaxPositions);
        RmsNormEpsilon = config.GetDouble("rms_norm_eps", 1e-5);
        AttentionBias = config.GetBool("attention_bias", false);
        TieWordEmbeddings = config.GetBool("tie_word_embeddings", false);
        Activation.RequireSilu(config);
        if (config.Has("clip_qkv"))
            throw config.Bad("clip_qkv", "null: OLMo 2 normalises queries and keys instead");
    }

    internal ModelDimensions Dimensions { get; }
    internal RotaryFrequencies Rotary { get; }
    internal double RmsNormEpsilon { get; }
    internal bool AttentionBias { get; }
    internal bool TieWordEmbeddings { get; }
}
