using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>Attention between four projections, with rotary positions and grouped queries.</summary>
internal sealed class RotaryAttention
{
    private readonly AttentionHeads _heads;
    private readonly Linear _query, _key, _value, _output;

    /// <param name="prefix">For example <c>model.layers.0.self_attn</c>.</param>
    /// <param name="inputBias">Whether the projections to queries, keys and values have biases.</param>
    /// <param name="outputBias">Whether the projection of what was attended has one.</param>
    internal RotaryAttention(
        LanguageModel model, IParameterSource source, string prefix, AttentionHeads heads, bool inputBias = false,
        bool outputBias = false)
    {
        long hidden = model.Dimensions.HiddenSize;
        _heads = heads;
        _query = model.Linear(source, $"{prefix}.q_proj", heads.QueryWidth, hidden, inputBias);
        _key = model.Linear(source, $"{prefix}.k_proj", heads.KeyWidth, hidden, inputBias);
        _value = model.Linear(source, $"{prefix}.v_proj", heads.KeyWidth, hidden, inputBias);
        _output = model.Linear(source, $"{prefix}.o_proj", hidden, heads.QueryWidth, outputBias);
    }

    /// <param name="x">[tokens, hidden].</param>
    internal Tensor Forward(Tensor x, ModelInput input, RotaryAngles angles) =>
        _output.Forward(_heads.Attend(_query.Forward(x), _key.Forward(x), _value.Forward(x), input, angles));
}
