using Caravan.Checkpoints;
using Caravan.Models.Parts;

namespace Caravan.Models.Architectures;

/// <summary>The shape of a first-generation OLMo, read from <c>config.json</c> with Hugging Face's keys and defaults.
/// </summary>
internal sealed record OlmoConfig
{
    /// <exception cref="Caravan.Files.BadInputException">A key is missing, has another type, or asks for something that
    /// is not supported.</exception>
    internal OlmoConfig(ModelConfigFile config)
    {
        Dimensions = ModelDimensions.Read(config, defaultMaxPositions: 2048);
        Rotary = RotaryFrequencies.Read(config, Dimensions.HeadDim, Dimensions.MaxPositions);
        AttentionBias = config.GetBool("attention_bias", false);
        ClipQkv = config.FindDouble("clip_qkv");
        if (ClipQkv <= 0)
            throw config.Bad("clip_qkv", "null or a number above 0");
        TieWordEmbeddings = config.GetBool("tie_word_embeddings", false);
        Activation.RequireSilu(config);
    }

    internal ModelDimensions Dimensions { get; }
    internal RotaryFrequencies Rotary { get; }
    internal bool AttentionBias { get; }

    /// <summary>Bound of the projected queries, keys and values; null for none.</summary>
    internal double? ClipQkv { get; }
    internal bool TieWordEmbeddings { get; }
}
