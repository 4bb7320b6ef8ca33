using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>
/// OPT (arXiv:2205.01068): learned positions, biases, ReLU, norms before each part. OPT-350m has the norms after each
/// sum instead, no final one, and a narrower embedding that is projected in and out.
/// </summary>
public sealed class OptModel : LanguageModel
{
    // The rows of the table begin with two that no position has.
    private const int PositionOffset = 2;
    private const double Epsilon = 1e-5; // no key of the configuration
    private const string Decoder = "model.decoder";

    private readonly OptConfig _config;
    private readonly Tensor _embedding; // [vocabulary, embedding]
    private readonly PositionTable _positions;
    private readonly Linear? _projectIn, _projectOut;
    private readonly Layer[] _layers;
    private readonly LayerNormWeights? _finalNorm;

    public OptModel(ModelConfigFile configFile, IParameterSource source, ModelHead? head = null)
        : base(configFile, head ?? ModelHead.Language)
    {
        var config = _config = new OptConfig(configFile);
        long hidden = Dimensions.HiddenSize, width = config.EmbeddingSize;
        _embedding = Parameter(
            source, $"{Decoder}.embed_tokens.weight", [VocabularySize, width],
            Initialisation.Normal with { ZeroRow = config.PadTokenId >= 0 ? config.PadTokenId : null });
        _positions = new PositionTable(
            Parameter(source, $"{Decoder}.embed_positions.weight", [MaxPositions + PositionOffset, hidden]),
            MaxPositions, PositionOffset);
        if (width != hidden)
        {
            _projectIn = Linear(source, $"{Decoder}.project_in", hidden, width);
            _projectOut = Linear(source, $"{Decoder}.project_out", width, hidden);
        }
        _layers = [.. Enumerable.Range(0, Dimensions.Layers).Select(i => new Layer(this, source, i))];
        _finalNorm = config.FinalNorm ? Norm(source, $"{Decoder}.final_layer_norm") : null;
        Output(source, "lm_head.weight", width, config.TieWordEmbeddings ? _embedding : null);
    }

    public override ModelDimensions Dimensions => _config.Dimensions;

    protected override Tensor Embed(ModelInput input)
    {
        var tokens = Embedding.Forward(_embedding, input.InputIds);               // [tokens, embedding]
        if (_embedding.RequiresGrad)
            tokens = WithoutGradient(tokens, input.InputIds.eq(_config.PadTokenId));
        return (_projectIn?.Forward(tokens) ?? tokens) + _positions.Forward(input);
    }

    protected override IEnumerable<Func<Tensor, Tensor>> Layers(ModelInput input) =>
        _layers.Select<Layer, Func<Tensor, Tensor>>(layer => hidden => layer.Forward(hidden, input));

    protected override Tensor Finish(Tensor hidden)
    {
        hidden = _finalNorm?.Forward(hidden) ?? hidden;
        return _projectOut?.Forward(hidden) ?? hidden;                            // [tokens, embedding]
    }

    // The padding token's row learns through the tied head alone.
    private static Tensor WithoutGradient(Tensor tokens, Tensor isPadding) =>
        Tensor.where(isPadding.unsqueeze(1), tokens.detach(), tokens);

    private LayerNormWeights Norm(IParameterSource source, string name) =>
        new(this, source, name, Epsilon, _config.AffineNorms);

    private sealed class Layer
    {
        private readonly OptModel _model;
        private readonly OptConfig _config;
        private readonly int _index;
        private readonly AttentionHeads _heads;
        private readonly Linear _query, _key, _value, _output, _up, _down;
        private readonly LayerNormWeights _attentionNorm, _mlpNorm;

        internal Layer(OptModel model, IParameterSource source, int index)
        {
            var prefix = $"{Decoder}.layers.{index}";
            long hidden = model.Dimensions.HiddenSize, intermediate = model.Dimensions.IntermediateSize;
            (_model, _config, _index) = (model, model._config, index);
            Linear Project(string name, long outputs, long inputs) =>
                model.Linear(source, $"{prefix}.{name}", outputs, inputs, _config.Bias);

            _heads = new AttentionHeads(index, model.Dimensions);
            _query = Project("self_attn.q_proj", hidden, hidden);
            _key = Project("self_attn.k_proj", hidden, hidden);
            _value = Project("self_attn.v_proj", hidden, hidden);
            _output = Project("self_attn.out_proj", hidden, hidden);
            _attentionNorm = model.Norm(source, $"{prefix}.self_attn_layer_norm");
            _up = Project("fc1", intermediate, hidden);
            _down = Project("fc2", hidden, intermediate);
            _mlpNorm = model.Norm(source, $"{prefix}.final_layer_norm");
        }

        internal Tensor Forward(Tensor hidden, ModelInput input)
        {
            if (!_config.NormBefore)
            {
                (_, hidden) = _attentionNorm.AddForward(hidden, Attention(hidden, input));
                return _mlpNorm.AddForward(hidden, Mlp(hidden)).Normalised;
            }
            var attended = Attention(_attentionNorm.Forward(hidden), input);
            (hidden, var normed) = _mlpNorm.AddForward(hidden, attended);
            return hidden + Mlp(normed);
        }

        private Tensor Attention(Tensor x, ModelInput input) => Dropped(_output.Forward(
            _heads.AttendUnrotated(_query.Forward(x), _key.Forward(x), _value.Forward(x), input)), 0);

        private Tensor Mlp(Tensor x) => Dropped(_down.Forward(_config.Activation(_up.Forward(x))), 1);

        private Tensor Dropped(Tensor x, int place) => _model.Dropped(x, _config.Dropout, 2 * _index + place);
    }
}
