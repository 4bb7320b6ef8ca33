using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>
/// GPT-NeoX (arXiv:2204.06745), the architecture of Pythia (arXiv:2304.01373): layer norms, one projection to queries,
/// keys and values, rotary positions on a part of each head, attention and MLP side by side.
/// </summary>
public sealed class GptNeoXModel : LanguageModel
{
    private readonly GptNeoXConfig _config;
    private readonly RotaryEmbedding _rotary;
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly Layer[] _layers;
    private readonly LayerNormWeights _finalNorm;

    public GptNeoXModel(ModelConfigFile configFile, IParameterSource source, ModelHead? head = null)
        : base(configFile, head ?? ModelHead.Language)
    {
        _config = new GptNeoXConfig(configFile);
        _rotary = new RotaryEmbedding(_config.Rotary);
        _embedding = Parameter(source, "gpt_neox.embed_in.weight", [VocabularySize, Dimensions.HiddenSize]);
        _layers = [.. Enumerable.Range(0, Dimensions.Layers).Select(i => new Layer(this, source, i))];
        _finalNorm = new LayerNormWeights(this, source, "gpt_neox.final_layer_norm", _config.LayerNormEpsilon);
        Output(source, "embed_out.weight", Dimensions.HiddenSize, _config.TieWordEmbeddings ? _embedding : null);
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

    protected override Tensor Finish(Tensor hidden) => _finalNorm.Forward(hidden);

    private sealed class Layer
    {
        private readonly GptNeoXModel _model;
        private readonly GptNeoXConfig _config;
        private readonly int _index;
        private readonly LayerNormWeights _inputNorm, _postAttentionNorm;
        private readonly AttentionHeads _heads;
        private readonly Linear _queryKeyValue, _dense, _up, _down;

        internal Layer(GptNeoXModel model, IParameterSource source, int index)
        {
            var prefix = $"gpt_neox.layers.{index}";
            (_model, _config, _index) = (model, model._config, index);
            long hidden = model.Dimensions.HiddenSize, intermediate = model.Dimensions.IntermediateSize;
            LayerNormWeights Norm(string name) => new(model, source, $"{prefix}.{name}", _config.LayerNormEpsilon);

            _heads = new AttentionHeads(index, model.Dimensions);
            _inputNorm = Norm("input_layernorm");
            _postAttentionNorm = Norm("post_attention_layernorm");
            _queryKeyValue = model.Linear(
                source, $"{prefix}.attention.query_key_value", 3 * hidden, hidden, _config.AttentionBias);
            _dense = model.Linear(source, $"{prefix}.attention.dense", hidden, hidden, _config.AttentionBias);
            _up = model.Linear(source, $"{prefix}.mlp.dense_h_to_4h", intermediate, hidden, bias: true);
            _down = model.Linear(source, $"{prefix}.mlp.dense_4h_to_h", hidden, intermediate, bias: true);
        }

        internal Tensor Forward(Tensor hidden, ModelInput input, RotaryAngles angles)
        {
            var attended = Attention(_inputNorm.Forward(hidden), input, angles);
            if (_config.ParallelResidual)
                return hidden + attended + Mlp(_postAttentionNorm.Forward(hidden));
            (hidden, var normed) = _postAttentionNorm.AddForward(hidden, attended);
            return hidden + Mlp(normed);
        }

        private Tensor Attention(Tensor x, ModelInput input, RotaryAngles angles)
        {
            var dimensions = _config.Dimensions;
            // The rows of the projection are grouped by head: its queries, its keys, its values.
            var heads = _queryKeyValue.Forward(x).view(x.Size(0), dimensions.Heads, 3 * dimensions.HeadDim)
                .split(dimensions.HeadDim, 2);                                    // 3 × [tokens, heads, head_dim]
            var attended = _heads.Attend(angles.Rotate(heads[0]), angles.Rotate(heads[1]), heads[2], input);
            return Dropped(_dense.Forward(attended), 0);
        }

        private Tensor Mlp(Tensor x) => Dropped(_down.Forward(_config.Activation(_up.Forward(x))), 1);

        private Tensor Dropped(Tensor x, int place) => _model.Dropped(x, _config.Dropout, 2 * _index + place);
    }
}
