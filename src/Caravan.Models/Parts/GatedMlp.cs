using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>The feed-forward part of LLaMA and what came after it (arXiv:2002.05202): down(silu(gate x) ⊙ up x).
/// </summary>
internal sealed class GatedMlp
{
    private readonly Linear _gate, _up, _down;

    /// <param name="prefix">For example <c>model.layers.0.mlp</c>.</param>
    internal GatedMlp(LanguageModel model, IParameterSource source, string prefix, bool bias = false)
    {
        long hidden = model.Dimensions.HiddenSize, intermediate = model.Dimensions.IntermediateSize;
        _gate = model.Linear(source, $"{prefix}.gate_proj", intermediate, hidden, bias);
        _up = model.Linear(source, $"{prefix}.up_proj", intermediate, hidden, bias);
        _down = model.Linear(source, $"{prefix}.down_proj", hidden, intermediate, bias);
    }

    /// <param name="x">[tokens, hidden].</param>
    internal Tensor Forward(Tensor x)
    {
        var (gate, up) = (_gate.Forward(x), _up.Forward(x));                      // [tokens, intermediate]
        return _down.IsPlain
            ? GatedProjection.Forward(gate, up, _down.Weight)
            : _down.Forward(SwiGlu.Forward(gate, up));
    }
}
