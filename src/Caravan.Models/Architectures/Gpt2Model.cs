using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>
/// GPT-2 (Radford et al. 2019): learned positions, layer norms before each part, one projection to queries, keys and
/// values, GELU, a tied head. Its matrices are stored [in, out].
/// </summary>
public sealed class Gpt2Model : LanguageModel
{
    private readonly Gpt2Config _config;
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly PositionTable _positions;
    private readonly Layer[] _layers;
    private readonly LayerNormWeights _finalNorm;

    public Gpt2Model(ModelConfigFile configFile, IParameterSource source, ModelHead? head = null)
        : base(configFile, head ?? ModelHead.Language)
    {
        _config = new Gpt2Config(configFile);
        long hidden = Dimensions.HiddenSize;
        _embedding = Parameter(source, "transformer.wte.weight", [VocabularySize, hidden]);
        _positions = new PositionTable(
            Parameter(source, "transformer.wpe.weight", [MaxPositions, hidden]), MaxPositions);
        _layers = [.. Enumerable.Range(0, Dimensions.Layers).Select(i => new Layer(this, source, i))];
        _finalNorm = new LayerNormWeights(this, source, "transformer.ln_f", _config.LayerNormEpsilon);
        Output(source, "lm_head.weight", hidden, _config.TieWordEmbeddings ? _embedding : null);
    }

    public override ModelDimensions Dimensions => _config.Dimensions;

    protected override Tensor Embed(ModelInput input) => Dropped(
        Embedding.Forward(_embedding, input.InputIds) + _positions.Forward(input), _config.EmbeddingDropout, place: 0);

    protected override IEnumerable<Func<Tensor, Tensor>> Layers(ModelInput input) =>
        _layers.Select<Layer, Func<Tensor, Tensor>>(layer => hidden => layer.Forward(hidden, input));

    protected override Tensor Finish(Tensor hidden) => _finalNorm.Forward(hidden);

    private sealed class Layer
    {
        private readonly Gpt2Model _model;
        private readonly Gpt2Config _config;
        private readonly int _index;
        private readonly AttentionHeads _heads;
        private readonly LayerNormWeights _attentionNorm, _mlpNorm;
        private readonly Linear _queryKeyValue, _output, _up, _down;

        internal Layer(Gpt2Model model, IParameterSource source, int index)
        {
            var prefix = $"transformer.h.{index}";
            (_model, _config, _index) = (model, model._config, index);
            long hidden = model.Dimensions.HiddenSize, intermediate = model.Dimensions.IntermediateSize;
            // What is added to the residual stream begins smaller, the more layers add to it.
            var residual = new Initialisation(0, 1 / Math.Sqrt(2 * model.Dimensions.Layers));
            Linear Project(string name, long outputs, long inputs, Initialisation? initialisation = null) =>
                model.Linear(
                source, $"{prefix}.{name}", outputs, inputs, bias: true, isTransposed: true, initialisation);

            _heads = new AttentionHeads(index, model.Dimensions);
            _attentionNorm = new LayerNormWeights(model, source, $"{prefix}.ln_1", _config.LayerNormEpsilon);
            _queryKeyValue = Project("attn.c_attn", 3 * hidden, hidden);
            _output = Project("attn.c_proj", hidden, hidden, residual);
            _mlpNorm = new LayerNormWeights(model, source, $"{prefix}.ln_2", _config.LayerNormEpsilon);
            _up = Project("mlp.c_fc", intermediate, hidden);
            _down = Project("mlp.c_proj", hidden, intermediate, residual);
        }

        internal Tensor Forward(Tensor hidden, ModelInput input)
        {
            var projected = _queryKeyValue.Forward(_attentionNorm.Forward(hidden))
                .split(_config.Dimensions.HiddenSize, 1);                         // 3 × [tokens, hidden]
            var attended = _output.Forward(_heads.AttendUnrotated(
                projected[0].contiguous(), projected[1].contiguous(), projected[2].contiguous(), input));
            (hidden, var normed) = _mlpNorm.AddForward(hidden, Dropped(attended, 1));
            return hidden + Dropped(_down.Forward(_config.Activation(_up.Forward(normed))), 2);
        }

        private Tensor Dropped(Tensor x, int place) => _model.Dropped(x, _config.ResidualDropout, 2 * _index + place);
    }
}
