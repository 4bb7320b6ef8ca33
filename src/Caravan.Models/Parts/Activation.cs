using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>The activation between the two matrices of a plain feed-forward part.</summary>
internal static class Activation
{
    /// <summary>Reads it by the name that Hugging Face gives it.</summary>
    /// <exception cref="Caravan.Files.BadInputException">There is no such activation here.</exception>
    internal static Func<Tensor, Tensor> Read(ModelConfigFile config, string key, string defaultName) =>
        config.GetString(key, defaultName) switch
        {
            "relu" => Relu.Forward,
            "gelu" => Gelu.Exact,
            "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" => Gelu.Tanh,
            _ => throw config.Bad(key, "\"relu\", \"gelu\", \"gelu_new\", \"gelu_fast\" or \"gelu_pytorch_tanh\""),
        };

    /// <summary>Refuses what the gated MLP does not compute.</summary>
    internal static void RequireSilu(ModelConfigFile config)
    {
        if (config.GetString("hidden_act", "silu") != "silu")
            throw config.Bad("hidden_act", "\"silu\"");
    }
}
