using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>
/// LLaMA 1 to 3 (arXiv:2302.13971, arXiv:2307.09288, arXiv:2407.21783): RMSNorm before each part, rotary positions in
/// the half-split layout, grouped-query attention, SwiGLU, tied or untied head.
/// </summary>
public sealed class LlamaModel : LanguageModel
{
    private readonly LlamaConfig _config;
    private readonly RotaryEmbedding _rotary;
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly PreNormLayer[] _layers;
    private readonly Tensor _finalNorm; // [hidden]

    public LlamaModel(ModelConfigFile configFile, IParameterSource source, ModelHead? head = null)
        : base(configFile, head ?? ModelHead.Language)
    {
        var config = _config = new LlamaConfig(configFile);
        _rotary = new RotaryEmbedding(config.Rotary);
        long hidden = Dimensions.HiddenSize;
        _embedding = Parameter(source, "model.embed_tokens.weight", [VocabularySize, hidden]);
        _layers = [.. Enumerable.Range(0, Dimensions.Layers).Select(i => new PreNormLayer(
            this, source, $"model.layers.{i}", config.RmsNormEpsilon,
            prefix => new RotaryAttention(
                this, source, prefix, new AttentionHeads(i, Dimensions), config.AttentionBias, config.AttentionBias),
            config.MlpBias))];
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
