using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>LLaMA's layer, which Mistral and Qwen2 have too: RMSNorm before attention and before the gated MLP.
/// </summary>
internal sealed class PreNormLayer
{
    private readonly double _epsilon;
    private readonly Tensor _inputNorm, _postAttentionNorm; // [hidden]
    private readonly RotaryAttention _attention;
    private readonly GatedMlp _mlp;

    /// <param name="prefix">For example <c>model.layers.0</c>.</param>
    /// <param name="attention">Makes the attention from the source; its parameters come after the first norm's.</param>
    internal PreNormLayer(
        LanguageModel model, IParameterSource source, string prefix, double epsilon,
        Func<string, RotaryAttention> attention, bool mlpBias = false)
    {
        Tensor Norm(string name) => model.Parameter(
            source, $"{prefix}.{name}.weight", [model.Dimensions.HiddenSize], Initialisation.Ones);

        _epsilon = epsilon;
        _inputNorm = Norm("input_layernorm");
        _attention = attention($"{prefix}.self_attn");
        _postAttentionNorm = Norm("post_attention_layernorm");
        _mlp = new GatedMlp(model, source, $"{prefix}.mlp", mlpBias);
    }

    /// <param name="hidden">[tokens, hidden].</param>
    internal Tensor Forward(Tensor hidden, ModelInput input, RotaryAngles angles)
    {
        var attended = _attention.Forward(RmsNorm.Forward(hidden, _inputNorm, _epsilon), input, angles);
        (hidden, var normed) = RmsNorm.AddForward(hidden, attended, _postAttentionNorm, _epsilon);
        return hidden + _mlp.Forward(normed);
    }
}
