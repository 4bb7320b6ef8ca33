using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>A linear map y = x·Wᵀ + b, which adapters and other stored forms of its weight can be put into without the
/// architecture knowing.</summary>
public sealed class Linear
{
    private Tensor? _weight;

    internal Linear(string name, Tensor weight, bool isTransposed = false)
    {
        (Name, _weight, IsTransposed) = (name, weight, isTransposed);
        (Outputs, Inputs) = isTransposed ? (weight.Size(1), weight.Size(0)) : (weight.Size(0), weight.Size(1));
    }

    internal Linear(string name, QuantizedWeight weight, bool isTransposed = false)
    {
        (Name, Quantized, IsTransposed) = (name, weight, isTransposed);
        (Outputs, Inputs) = (weight.Rows, weight.Columns);
    }

    /// <summary>The layer's name in the checkpoint, without <c>.weight</c>: <c>model.layers.0.self_attn.q_proj</c>.
    /// </summary>
    public string Name { get; }

    public long Outputs { get; }

    public long Inputs { get; }

    /// <summary>[out, in]; [in, out] if <see cref="IsTransposed"/>.</summary>
    /// <exception cref="InvalidOperationException">The weight is quantised.</exception>
    public Tensor Weight => _weight ?? throw new InvalidOperationException($"the weight of {Name} is quantised");

    /// <summary>The weight [out, in] where it is kept in few bits, which freezes it; else null.</summary>
    public QuantizedWeight? Quantized { get; private set; }

    /// <summary>[out], or null.</summary>
    public Tensor? Bias { get; internal set; }

    /// <summary>Whether the checkpoint has the weight as [in, out], as GPT-2's does.</summary>
    public bool IsTransposed { get; }

    /// <summary>What an adapter makes of the layer's output [tokens, out] and input [tokens, in]. Null: the output as
    /// it is.</summary>
    public Func<Tensor, Tensor, Tensor>? Adapter { get; set; }

    /// <summary>Whether the output is x·Wᵀ and nothing else, with the weight as [out, in].</summary>
    public bool IsPlain => Quantized is null && Adapter is null && Bias is null && !IsTransposed;

    /// <param name="x">[tokens, in].</param>
    /// <returns>[tokens, out].</returns>
    public Tensor Forward(Tensor x)
    {
        if (Adapter is null)
            return Base(x);
        using var scope = new TensorScope();
        return scope.Keep(Adapter(Base(x), x));
    }

    /// <summary>The weight [out, in] as numbers, a new tensor where it is quantised.</summary>
    /// <param name="dtype">Of the new tensor.</param>
    internal Tensor Numbers(Dtype dtype) => Quantized?.Dequantize(dtype) ?? Matrix;

    /// <summary>Takes another weight, which lies as in the checkpoint.</summary>
    internal void SetWeight(Tensor weight) => (_weight, Quantized) = (weight, null);

    // [out, in]
    private Tensor Matrix => IsTransposed ? Weight.t() : Weight;

    // The one place that multiplies by the weight, whatever form it is stored in.
    private Tensor Base(Tensor x)
    {
        if (Quantized is null)
            return Projection.Forward(x, Matrix, Bias);
        var product = QuantizedLinear.Forward(x, Quantized);
        return Bias is null ? product : product + Bias;
    }
}
