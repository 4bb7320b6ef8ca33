using Caravan.Checkpoints;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>The shape of a GPT-2 model, read from <c>config.json</c> with Hugging Face's keys and defaults.</summary>
internal sealed record Gpt2Config
{
    /// <exception cref="Caravan.Files.BadInputException">A key is missing, has another type, or asks for something that
    /// is not supported.</exception>
    internal Gpt2Config(ModelConfigFile config)
    {
        var hidden = ModelDimensions.Positive(config, "n_embd", 768);
        var heads = ModelDimensions.Positive(config, "n_head", 12);
        Dimensions = new ModelDimensions
        {
            VocabularySize = ModelDimensions.Positive(config, "vocab_size", 50_257),
            HiddenSize = hidden,
            IntermediateSize = ModelDimensions.Positive(config, "n_inner", 4 * hidden),
            Layers = ModelDimensions.Positive(config, "n_layer", 12),
            Heads = heads,
            KeyValueHeads = heads,
            HeadDim = ModelDimensions.DividedAmongHeads(config, "n_embd", hidden, "n_head", heads),
            MaxPositions = ModelDimensions.Positive(config, "n_positions", 1024),
        };
        LayerNormEpsilon = config.GetDouble("layer_norm_epsilon", 1e-5);
        Activation = Parts.Activation.Read(config, "activation_function", "gelu_new");
        EmbeddingDropout = ModelDimensions.Dropout(config, "embd_pdrop", 0.1);
        ResidualDropout = ModelDimensions.Dropout(config, "resid_pdrop", 0.1);
        TieWordEmbeddings = config.GetBool("tie_word_embeddings", true);
        if (!config.GetBool("scale_attn_weights", true))
            throw config.Bad("scale_attn_weights", "true");
        foreach (var key in new[] { "scale_attn_by_inverse_layer_idx", "add_cross_attention" })
        {
            if (config.GetBool(key, false))
                throw config.Bad(key, "false");
        }
    }

    internal ModelDimensions Dimensions { get; }
    internal double LayerNormEpsilon { get; }
    internal Func<Tensor, Tensor> Activation { get; }

    /// <summary>Probability, in training, after the embeddings.</summary>
    internal double EmbeddingDropout { get; }

    /// <summary>Probability, in training, after attention and after the MLP.</summary>
    internal double ResidualDropout { get; }
    internal bool TieWordEmbeddings { get; }
}
