using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>A layer norm with the parameters that its checkpoint has: weight and bias, or none.</summary>
internal sealed class LayerNormWeights
{
    private readonly double _epsilon;
    private readonly Tensor? _weight, _bias; // [hidden]

    /// <param name="prefix">For example <c>gpt_neox.layers.0.input_layernorm</c>.</param>
    internal LayerNormWeights(
        LanguageModel model, IParameterSource source, string prefix, double epsilon, bool isAffine = true)
    {
        long hidden = model.Dimensions.HiddenSize;
        _epsilon = epsilon;
        if (!isAffine)
            return;
        _weight = model.Parameter(source, $"{prefix}.weight", [hidden], Initialisation.Ones);
        _bias = model.Parameter(source, $"{prefix}.bias", [hidden], Initialisation.Zeros);
    }

    /// <param name="x">[tokens, hidden].</param>
    internal Tensor Forward(Tensor x) => LayerNorm.Forward(x, _weight, _bias, _epsilon);

    /// <summary>residual + x, and its norm.</summary>
    internal (Tensor Sum, Tensor Normalised) AddForward(Tensor residual, Tensor x) =>
        LayerNorm.AddForward(residual, x, _weight, _bias, _epsilon);
}
