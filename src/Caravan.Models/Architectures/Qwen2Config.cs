using Caravan.Checkpoints;
using Caravan.Models.Parts;

namespace Caravan.Models.Architectures;

/// <summary>The shape of a Qwen2 model, read from <c>config.json</c> with Hugging Face's keys and defaults.</summary>
internal sealed record Qwen2Config
{
    private readonly int? _window;
    private readonly int _firstWindowLayer;

    /// <exception cref="Caravan.Files.BadInputException">A key is missing, has another type, or asks for something that
    /// is not supported.</exception>
    internal Qwen2Config(ModelConfigFile config)
    {
        Dimensions = ModelDimensions.Read(config, defaultMaxPositions: 32_768, defaultKeyValueHeads: 32);
        Rotary = RotaryFrequencies.Read(config, Dimensions.HeadDim, Dimensions.MaxPositions);
        RmsNormEpsilon = config.GetDouble("rms_norm_eps", 1e-6);
        if (config.GetBool("use_sliding_window", false))
        {
            _window = config.Keys.Contains("sliding_window") ? config.FindInt("sliding_window") : 4096;
            _firstWindowLayer = config.GetInt("max_window_layers", 28);
            if (_window < 1)
                throw config.Bad("sliding_window", "null or a number above 0");
        }
        TieWordEmbeddings = config.GetBool("tie_word_embeddings", false);
        Activation.RequireSilu(config);
    }

    internal ModelDimensions Dimensions { get; }
    internal RotaryFrequencies Rotary { get; }
    internal double RmsNormEpsilon { get; }
    internal bool TieWordEmbeddings { get; }

    /// <summary>Tokens that a query of a layer sees, itself included; null for all before it.</summary>
    internal int? Window(int layer) => layer >= _firstWindowLayer ? _window : null;
}
