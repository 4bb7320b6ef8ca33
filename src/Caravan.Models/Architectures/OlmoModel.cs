using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>
/// OLMo 1 (arXiv:2402.00838) as converted to Hugging Face's layout: LLaMA with layer norms that have no parameters,
/// and, in the 7B models, projected queries, keys and values clamped to a range.
/// </summary>
public sealed class OlmoModel : LanguageModel
{
    private const double Epsilon = 1e-5; // no key of the configuration

    private readonly OlmoConfig _config;
    private readonly RotaryEmbedding _rotary;
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly Layer[] _layers;

    public OlmoModel(ModelConfigFile configFile, IParameterSource source, ModelHead? head = null)
        : base(configFile, head ?? ModelHead.Language)
    {
        _config = new OlmoConfig(configFile);
        _rotary = new RotaryEmbedding(_config.Rotary);
        _embedding = Parameter(source, "model.embed_tokens.weight", [VocabularySize, Dimensions.HiddenSize]);
        _layers = [.. Enumerable.Range(0, Dimensions.Layers).Select(i => new Layer(this, source, i))];
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

    protected override Tensor Finish(Tensor hidden) => Norm(hidden);

    private static Tensor Norm(Tensor x) => LayerNorm.Forward(x, null, null, Epsilon);

    private sealed class Layer
    {
        private readonly AttentionHeads _heads;
        private readonly double? _bound;
        private readonly Linear _query, _key, _value, _output;
        private readonly GatedMlp _mlp;

        internal Layer(OlmoModel model, IParameterSource source, int index)
        {
            var prefix = $"model.layers.{index}";
            long hidden = model.Dimensions.HiddenSize;
            var bias = model._config.AttentionBias;
            _heads = new AttentionHeads(index, model.Dimensions);
            _bound = model._config.ClipQkv;
            _query = model.Linear(source, $"{prefix}.self_attn.q_proj", _heads.QueryWidth, hidden, bias);
            _key = model.Linear(source, $"{prefix}.self_attn.k_proj", _heads.KeyWidth, hidden, bias);
            _value = model.Linear(source, $"{prefix}.self_attn.v_proj", _heads.KeyWidth, hidden, bias);
            _output = model.Linear(source, $"{prefix}.self_attn.o_proj", hidden, _heads.QueryWidth, bias);
            _mlp = new GatedMlp(model, source, $"{prefix}.mlp");
        }

        internal Tensor Forward(Tensor hidden, ModelInput input, RotaryAngles angles)
        {
            var normed = Norm(hidden);                                            // [tokens, hidden]
            var attended = _heads.Attend(
                Clamped(_query, normed), Clamped(_key, normed), Clamped(_value, normed), input, angles);
            (hidden, normed) = LayerNorm.AddForward(hidden, _output.Forward(attended), null, null, Epsilon);
            return hidden + _mlp.Forward(normed);
        }

        private Tensor Clamped(Linear projection, Tensor x)
        {
            var projected = projection.Forward(x);
            return _bound is { } bound ? projected.clamp(-bound, bound) : projected;
        }
    }
}
