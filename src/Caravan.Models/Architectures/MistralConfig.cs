using Caravan.Checkpoints;
using Caravan.Models.Parts;

namespace Caravan.Models.Architectures;

/// <summary>The shape of a Mistral model, read from <c>config.json</c> with Hugging Face's keys and defaults.</summary>
internal sealed record MistralConfig
{
    /// <exception cref="Caravan.Files.BadInputException">A key is missing, has another type, or asks for something that
    /// is not supported.</exception>
    internal MistralConfig(ModelConfigFile config)
    {
        Dimensions = ModelDimensions.Read(config, defaultMaxPositions: 131_072, defaultKeyValueHeads: 8);
        Rotary = RotaryFrequencies.Read(config, Dimensions.HeadDim, Dimensions.MaxPositions);
        RmsNormEpsilon = config.GetDouble("rms_norm_eps", 1e-6);
        // Absent means the class's default; null, as later releases have it, means none.
        Window = config.Keys.Contains("sliding_window") ? config.FindInt("sliding_window") : 4096;
        if (Window < 1)
            throw config.Bad("sliding_window", "null or a number above 0");
        TieWordEmbeddings = config.GetBool("tie_word_embeddings", false);
        Activation.RequireSilu(config);
    }

    internal ModelDimensions Dimensions { get; }
    internal RotaryFrequencies Rotary { get; }
    internal double RmsNormEpsilon { get; }

    /// <summary>Tokens that a query sees, itself included; null for all before it.</summary>
    internal int? Window { get; }
    internal bool TieWordEmbeddings { get; }
}
