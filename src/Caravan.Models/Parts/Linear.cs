using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>A linear map y = x·Wᵀ + b, which adapters and other stored forms of its weight can be put into without the
/// architecture knowing.</summary>
public sealed class Linear
{
    internal Linear(string name, Tensor weight, Tensor? bias) => (Name, Weight, Bias) = (name, weight, bias);

    /// <summary>The layer's name in the checkpoint, without <c>.weight</c>: <c>model.layers.0.self_attn.q_proj</c>.
    /// </summary>
    public string Name { get; }

    /// <summary>[out, in].</summary>
    public Tensor Weight { get; }

    /// <summary>[out], or null.</summary>
    public Tensor? Bias { get; }

    /// <summary>What an adapter adds to the output: from [tokens, in] to [tokens, out]. Null: nothing.</summary>
    public Func<Tensor, Tensor>? Adapter { get; set; }

    /// <param name="x">[tokens, in].</param>
    /// <returns>[tokens, out].</returns>
    public Tensor Forward(Tensor x)
    {
        var output = Base(x);
        return Adapter is null ? output : output + Adapter(x);
    }

    // The one place that multiplies by the weight, whatever form it is stored in.
    private Tensor Base(Tensor x) => Projection.Forward(x, Weight, Bias);
}
