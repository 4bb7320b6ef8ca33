using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>
/// Qwen2 and Qwen2.5 (arXiv:2407.10671, arXiv:2412.15115): LLaMA with biases on the projections to queries, keys and
/// values, and, where the configuration asks for it, a sliding window in the upper layers.
/// </summary>
public sealed class Qwen2Model : LanguageModel
{
    private readonly Qwen2Config _config;
    private readonly RotaryEmbedding _rotary;
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly PreNormLayer[] _layers;
    private readonly Tensor _finalNorm; // [hidden]

    public Qwen2Model(ModelConfigFile configFile, IParameterSource source, ModelHead? head = null)
        : base(configFile, head ?? ModelHead.Language)
    {
        var config = _config = new Qwen2Config(configFile);
        _rotary = new RotaryEmbedding(config.Rotary);
        long hidden = Dimensions.HiddenSize;
        _embedding = Parameter(source, "model.embed_tokens.weight", [VocabularySize, hidden]);
        _layers = [.. Enumerable.Range(0, Dimensions.Layers).Select(i => new PreNormLayer(
            this, source, $"model.layers.{i}", config.RmsNormEpsilon,
            prefix => new RotaryAttention(
                this, source, prefix, new AttentionHeads(i, Dimensions, config.Window(i)), inputBias: true)))];
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
