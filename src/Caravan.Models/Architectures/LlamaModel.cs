using Caravan.Checkpoints;
using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Architectures;

/// <summary>
/// LLaMA 1 and 2 (arXiv:2302.13971, arXiv:2307.09288): RMSNorm before each part, rotary positions in the half-split
/// layout, grouped-query attention, SwiGLU, tied or untied head. No biases.
/// </summary>
public sealed class LlamaModel : LanguageModel
{
    // Shapes: tokens are those of all documents; heads · head_dim may differ from hidden.
    private readonly LlamaConfig _config;
    private readonly Tensor _embedding; // [vocabulary, hidden]
    private readonly Layer[] _layers;
    private readonly Tensor _finalNorm; // [hidden]
    private readonly Tensor _head;      // [vocabulary, hidden]
    private readonly RotaryEmbedding _rotary;

    public LlamaModel(ModelConfigFile configFile, IParameterSource source)
        : base(configFile)
    {
        var config = _config = new LlamaConfig(configFile);
        _rotary = new RotaryEmbedding(config.HeadDim, config.RopeTheta);
        long hidden = config.HiddenSize, vocabulary = config.VocabularySize;
        _embedding = Parameter(source, "model.embed_tokens.weight", [vocabulary, hidden]);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new Layer(this, source, $"model.layers.{i}"))];
        _finalNorm = Parameter(source, "model.norm.weight", [hidden], Initialisation.Ones);
        _head = config.TieWordEmbeddings ? _embedding : Parameter(source, "lm_head.weight", [vocabulary, hidden]);
    }

    public override int VocabularySize => _config.VocabularySize;

    public override int MaxPositions => _config.MaxPositions;

    public override Tensor OutputWeight => _head;

    public override KeyValueCache CreateCache(int sequences, int capacity) => new(
        _config.Layers, sequences, _config.KeyValueHeads, capacity, _config.HeadDim, Dtype, Device);

    public override void Dispose()
    {
        _rotary.Dispose();
        base.Dispose();
    }

    protected override Tensor Embed(ModelInput input) => Embedding.Forward(_embedding, input.InputIds);

    protected override IEnumerable<Func<Tensor, Tensor>> Layers(ModelInput input)
    {
        var (cosines, sines) = _rotary.At(input.PositionIds, input.MaxPosition);
        return _layers.Select<Layer, Func<Tensor, Tensor>>(
            (layer, i) => hidden => layer.Forward(hidden, i, input, cosines, sines));
    }

    protected override Tensor Finish(Tensor hidden) =>
        RmsNorm.Forward(hidden, _finalNorm, _config.RmsNormEpsilon);

    private sealed class Layer
    {
        private readonly LlamaConfig _config;
        private readonly Tensor _inputNorm, _postAttentionNorm;
        private readonly Linear _query, _key, _value, _output, _gate, _up, _down;

        internal Layer(LlamaModel model, IParameterSource source, string prefix)
        {
            _config = model._config;
            long hidden = _config.HiddenSize, intermediate = _config.IntermediateSize;
            long queries = _config.Heads * _config.HeadDim, keys = _config.KeyValueHeads * _config.HeadDim;
            Linear Project(string name, long outputs, long inputs) =>
                model.Linear(source, $"{prefix}.{name}", outputs, inputs);
            Tensor Norm(string name) =>
                model.Parameter(source, $"{prefix}.{name}.weight", [hidden], Initialisation.Ones);

            _inputNorm = Norm("input_layernorm");
            _query = Project("self_attn.q_proj", queries, hidden);
            _key = Project("self_attn.k_proj", keys, hidden);
            _value = Project("self_attn.v_proj", keys, hidden);
            _output = Project("self_attn.o_proj", hidden, queries);
            _postAttentionNorm = Norm("post_attention_layernorm");
            _gate = Project("mlp.gate_proj", intermediate, hidden);
            _up = Project("mlp.up_proj", intermediate, hidden);
            _down = Project("mlp.down_proj", hidden, intermediate);
        }

        internal Tensor Forward(Tensor hidden, int layer, ModelInput input, Tensor cosines, Tensor sines)
        {
            var normed = RmsNorm.Forward(hidden, _inputNorm, _config.RmsNormEpsilon);
            var attended = Attention(normed, layer, input, cosines, sines);
            (hidden, normed) = RmsNorm.AddForward(hidden, attended, _postAttentionNorm, _config.RmsNormEpsilon);
            return hidden + _down.Forward(SwiGlu.Forward(_gate.Forward(normed), _up.Forward(normed)));
        }

        private Tensor Attention(Tensor x, int layer, ModelInput input, Tensor cosines, Tensor sines)
        {
            var queries = Rotary.Apply(Heads(_query.Forward(x), _config.Heads), cosines, sines);
            var keys = Rotary.Apply(Heads(_key.Forward(x), _config.KeyValueHeads), cosines, sines);
            var values = Heads(_value.Forward(x), _config.KeyValueHeads);
            var scale = 1 / Math.Sqrt(_config.HeadDim);
            var attended = input.Cache is null
                ? CausalAttention.Forward(queries, keys, values, input.Boundaries, scale)
                : input.Cache.Attend(layer, queries, keys, values, input.Boundaries, scale);
            return _output.Forward(attended.reshape(x.Size(0), _config.Heads * _config.HeadDim));
        }

        // [tokens, heads · head_dim] → [tokens, heads, head_dim]
        private Tensor Heads(Tensor x, int heads) => x.view(x.Size(0), heads, _config.HeadDim);
    }
}
