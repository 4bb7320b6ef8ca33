using Caravan.Checkpoints;
using Caravan.Models.Parts;

namespace Caravan.Models.Architectures;

/// <summary>The shape of a LLaMA model, read from <c>config.json</c> with Hugging Face's keys and defaults.</summary>
internal sealed record LlamaConfig
{
    /// <exception cref="Caravan.Files.BadInputException">A key is missing, has another type, or asks for something that
    /// is not supported.</exception>
    internal LlamaConfig(ModelConfigFile config)
    {
        Dimensions = ModelDimensions.Read(config, defaultMaxPositions: 2048);
        Rotary = RotaryFrequencies.Read(config, Dimensions.HeadDim, Dimensions.MaxPositions);
        RmsNormEpsilon = config.GetDouble("rms_norm_eps", 1e-6);
        AttentionBias = config.GetBool("attention_bias", false);
        MlpBias = config.GetBool("mlp_bias", false);
        TieWordEmbeddings = config.GetBool("tie_word_embeddings", false);
        Activation.RequireSilu(config);
    }

    internal ModelDimensions Dimensions { get; }
    internal RotaryFrequencies Rotary { get; }
    internal double RmsNormEpsilon { get; }
    internal bool AttentionBias { get; }
    internal bool MlpBias { get; }
    internal bool TieWordEmbeddings { get; }
}
