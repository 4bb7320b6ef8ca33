namespace Caravan.Models;

/// <summary>How the weights of the linear layers are kept. Embeddings, norms and the head always have the model's type.
/// </summary>
public enum WeightPrecision
{
    /// <summary>In the model's type; in 4 bits where the checkpoint has them so.</summary>
    Full,

    /// <summary>8 bits: whole numbers with a scale for each row. Frozen.</summary>
    Int8,

    /// <summary>4.13 bits: NormalFloat with doubly quantised scales, as in QLoRA. Frozen.</summary>
    Nf4,
}
