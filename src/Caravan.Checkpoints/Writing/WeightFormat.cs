namespace Caravan.Checkpoints;

/// <summary>The format of weight files that are written.</summary>
public enum WeightFormat
{
    Safetensors,

    /// <summary>PyTorch's <c>.bin</c>.</summary>
    Torch,
}
