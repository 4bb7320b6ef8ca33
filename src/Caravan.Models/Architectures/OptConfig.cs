using Caravan.Checkpoints;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>The shape of an OPT model, read from <c>config.json</c> with Hugging Face's keys and defaults.</summary>
internal sealed record OptConfig
{
    /// <exception cref="Caravan.Files.BadInputException">A key is missing, has another type, or asks for something that
    /// is not supported.</exception>
    internal OptConfig(ModelConfigFile config)
    {
        var hidden = ModelDimensions.Positive(config, "hidden_size");
        var heads = ModelDimensions.Positive(config, "num_attention_heads");
        Dimensions = new ModelDimensions
        {
            VocabularySize = ModelDimensions.Positive(config, "vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = ModelDimensions.Positive(config, "ffn_dim"),
            Layers = ModelDimensions.Positive(config, "num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = heads,
            HeadDim = ModelDimensions.DividedAmongHeads(config, "hidden_size", hidden, "num_attention_heads", heads),
            MaxPositions = ModelDimensions.Positive(config, "max_position_embeddings", 2048),
        };
        EmbeddingSize = ModelDimensions.Positive(config, "word_embed_proj_dim", hidden);
        NormBefore = config.GetBool("do_layer_norm_before", true);
        FinalNorm = NormBefore && !config.GetBool("_remove_final_layer_norm", false);
        Bias = config.GetBool("enable_bias", true);
        AffineNorms = config.GetBool("layer_norm_elementwise_affine", true);
        Activation = Parts.Activation.Read(config, "activation_function", "relu");
        Dropout = ModelDimensions.Dropout(config, "dropout", 0.1);
        PadTokenId = config.GetInt("pad_token_id", 1);
        TieWordEmbeddings = config.GetBool("tie_word_embeddings", true);
        if (PadTokenId >= Dimensions.VocabularySize)
            throw config.Bad("pad_token_id", $"less than vocab_size, which is {Dimensions.VocabularySize}");
    }

    internal ModelDimensions Dimensions { get; }

    /// <summary>Width of the token embedding, which is projected where it is not the hidden size.</summary>
    internal int EmbeddingSize { get; }

    /// <summary>Whether the norms act on what attention and MLP read, not on the sums after them.</summary>
    internal bool NormBefore { get; }

    internal bool FinalNorm { get; }
    internal bool Bias { get; }

    /// <summary>Whether the norms have weights and biases.</summary>
    internal bool AffineNorms { get; }
    internal Func<Tensor, Tensor> Activation { get; }

    /// <summary>Probability, in training, after attention and after the MLP.</summary>
    internal double Dropout { get; }

    /// <summary>The token whose row gets no gradient from the lookup.</summary>
    internal int PadTokenId { get; }
    internal bool TieWordEmbeddings { get; }
}
