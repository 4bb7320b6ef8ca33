using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>
/// Mistral (arXiv:2310.06825): LLaMA with a sliding window: a query sees itself and the window − 1 tokens before it.
/// </summary>
public sealed class MistralModel : LanguageModel
{
    private readonly MistralConfig _config;
    private readonly RotaryEmbedding _rotary;
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly PreNormLayer[] _layers;
    private readonly Tensor _finalNorm; // [hidden]

    public MistralModel(ModelConfigFile configFile, IParameterSource source, ModelHead? head = null)
        : base(configFile, head ?? ModelHead.Language)
    {
        var config = _config = new MistralConfig(configFile);
        _rotary = new RotaryEmbedding(config.Rotary);
        long hidden = Dimensions.HiddenSize;
        _embedding = Parameter(source, "model.embed_tokens.weight", [VocabularySize, hidden]);
        _layers = [.. Enumerable.Range(0, Dimensions.Layers).Select(i => new PreNormLayer(
            this, source, $"model.layers.{i}", config.RmsNormEpsilon,
            prefix => new RotaryAttention(
                this, source, prefix, new AttentionHeads(i, Dimensions, config.Window))))];
        _finalNorm = Parameter(source, "model.norm.weight", [hidden], Initialisation.Ones);
        Output(source, "lm_head.weight", hidden, config.TieWordEmbeddings ? _embedding : null);
    }

    public override ModelDimensions Dimensions => _config.Dimensions;

    public override void Dispose()
    {
        _rotary.Dispose();
        base.Dispose();
    }

    protected override Tensor Embed(ModelInput input) => Embedding.Forward(_embedding, input.InputIds);

    protected override IEnumerable<Func<Tensor, Tensor>> Layers(ModelInput input)
    {
        var angles = _rotary.At(input);
        return _layers.Select<PreNormLayer, Func<Tensor, Tensor>>(
            layer => hidden => layer.Forward(hidden, input, angles));
    }

    protected override Tensor Finish(Tensor hidden) => RmsNorm.Forward(hidden, _finalNorm, _config.RmsNormEpsilon);
}
