using Caravan.Checkpoints;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>The shape of a GPT-NeoX model, read from <c>config.json</c> with Hugging Face's keys and defaults.
/// </summary>
internal sealed record GptNeoXConfig
{
    /// <exception cref="Caravan.Files.BadInputException">A key is missing, has another type, or asks for something that
    /// is not supported.</exception>
    internal GptNeoXConfig(ModelConfigFile config)
    {
        Dimensions = ModelDimensions.Read(config, defaultMaxPositions: 2048);
        var share = config.FindDouble("partial_rotary_factor") ?? config.GetDouble("rotary_pct", 0.25);
        var rotated = (int)(Dimensions.HeadDim * share);
        if (rotated <= 0 || rotated > Dimensions.HeadDim || rotated % 2 != 0)
        {
            throw config.Bad(
                config.Has("partial_rotary_factor") ? "partial_rotary_factor" : "rotary_pct",
                $"a share of the {Dimensions.HeadDim} dimensions of a head that is an even number of them");
        }
        Rotary = RotaryFrequencies.Read(config, rotated, Dimensions.MaxPositions);
        LayerNormEpsilon = config.GetDouble("layer_norm_eps", 1e-5);
        ParallelResidual = config.GetBool("use_parallel_residual", true);
        Dropout = ModelDimensions.Dropout(config, "hidden_dropout", 0);
        AttentionBias = config.GetBool("attention_bias", true);
        Activation = Parts.Activation.Read(config, "hidden_act", "gelu");
        TieWordEmbeddings = config.GetBool("tie_word_embeddings", false);
        if (Dimensions.KeyValueHeads != Dimensions.Heads)
            throw config.Bad("num_key_value_heads", "as many as num_attention_heads: GPT-NeoX has no grouped queries");
    }

    internal ModelDimensions Dimensions { get; }
    internal RotaryFrequencies Rotary { get; }
    internal double LayerNormEpsilon { get; }

    /// <summary>Whether attention and MLP both read the layer's input, instead of one after the other.</summary>
    internal bool ParallelResidual { get; }

    /// <summary>Probability, in training, after attention and after the MLP.</summary>
    internal double Dropout { get; }
    internal bool AttentionBias { get; }
    internal Func<Tensor, Tensor> Activation { get; }
    internal bool TieWordEmbeddings { get; }
}
