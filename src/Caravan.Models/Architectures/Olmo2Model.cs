using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>
/// OLMo 2 (arXiv:2501.00656): LLaMA whose RMSNorms act on what attention and MLP return, and on the whole projected
/// queries and keys before these are split into heads.
/// </summary>
public sealed class Olmo2Model : LanguageModel
{
    private readonly Olmo2Config _config;
    private readonly RotaryEmbedding _rotary;
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly Layer[] _layers;
    private readonly Tensor _finalNorm; // [hidden]

    public Olmo2Model(ModelConfigFile configFile, IParameterSource source, ModelHead? head = null)
        : base(configFile, head ?? ModelHead.Language)
    {
        _config = new Olmo2Config(configFile);
        _rotary = new RotaryEmbedding(_config.Rotary);
        _embedding = Parameter(source, "model.embed_tokens.weight", [VocabularySize, Dimensions.HiddenSize]);
        _layers = [.. Enumerable.Range(0, Dimensions.Layers).Select(i => new Layer(this, source, i))];
        _finalNorm = Norm(source, "model.norm", Dimensions.HiddenSize);
        Output(source, "lm_head.weight", Dimensions.HiddenSize, _config.TieWordEmbeddings ? _embedding : null);
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
        return _layers.Select<Layer, Func<Tensor, Tensor>>(layer => hidden => layer.Forward(hidden, input, angles));
    }

    protected override Tensor Finish(Tensor hidden) => RmsNorm.Forward(hidden, _finalNorm, _config.RmsNormEpsilon);

    private Tensor Norm(IParameterSource source, string name, long width) =>
        Parameter(source, $"{name}.weight", [width], Initialisation.Ones);

    private sealed class Layer
    {
        private readonly double _epsilon;
        private readonly AttentionHeads _heads;
        private readonly Linear _query, _key, _value, _output;
        private readonly Tensor _queryNorm, _keyNorm, _attentionNorm, _mlpNorm; // [heads · head_dim] or [hidden]
        private readonly GatedMlp _mlp;

        internal Layer(Olmo2Model model, IParameterSource source, int index)
        {
            var prefix = $"model.layers.{index}";
            long hidden = model.Dimensions.HiddenSize;
            var bias = model._config.AttentionBias;
            _epsilon = model._config.RmsNormEpsilon;
            _heads = new AttentionHeads(index, model.Dimensions);
            _query = model.Linear(source, $"{prefix}.self_attn.q_proj", _heads.QueryWidth, hidden, bias);
            _key = model.Linear(source, $"{prefix}.self_attn.k_proj", _heads.KeyWidth, hidden, bias);
            _value = model.Linear(source, $"{prefix}.self_attn.v_proj", _heads.KeyWidth, hidden, bias);
            _output = model.Linear(source, $"{prefix}.self_attn.o_proj", hidden, _heads.QueryWidth, bias);
            _queryNorm = model.Norm(source, $"{prefix}.self_attn.q_norm", _heads.QueryWidth);
            _keyNorm = model.Norm(source, $"{prefix}.self_attn.k_norm", _heads.KeyWidth);
            _attentionNorm = model.Norm(source, $"{prefix}.post_attention_layernorm", hidden);
            _mlp = new GatedMlp(model, source, $"{prefix}.mlp");
            _mlpNorm = model.Norm(source, $"{prefix}.post_feedforward_layernorm", hidden);
        }

        internal Tensor Forward(Tensor hidden, ModelInput input, RotaryAngles angles)
        {
            var queries = RmsNorm.Forward(_query.Forward(hidden), _queryNorm, _epsilon);
            var keys = RmsNorm.Forward(_key.Forward(hidden), _keyNorm, _epsilon);
            var attended = _heads.Attend(queries, keys, _value.Forward(hidden), input, angles);
            hidden += RmsNorm.Forward(_output.Forward(attended), _attentionNorm, _epsilon);
            return hidden + RmsNorm.Forward(_mlp.Forward(hidden), _mlpNorm, _epsilon);
        }
    }
}
