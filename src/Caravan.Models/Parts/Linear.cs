using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>A linear map y = x·Wᵀ + b.</summary>
/// <param name="weight">[out, in].</param>
/// <param name="bias">[out], or null.</param>
public sealed class Linear(Tensor weight, Tensor? bias = null)
{
    /// <summary>[out, in].</summary>
    public Tensor Weight => weight;

    /// <param name="x">[tokens, in].</param>
    /// <returns>[tokens, out].</returns>
    public Tensor Forward(Tensor x) => x.linear(weight, bias);
}
