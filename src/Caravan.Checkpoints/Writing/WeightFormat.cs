namespace Caravan.Checkpoints;

/// <summary>The format of weight files that are written.</summary>
public enum WeightFormat
{
    Safetensors,

    /// <summary>PyTorch's <c>.bin</c>.</summary>
    Torch,

    /// <summary>
    /// The streamed parameters of EasyLM: one file, Meta's order of rotary rows, matrices <c>[in, out]</c>.
    /// </summary>
    EasyLm,
}
