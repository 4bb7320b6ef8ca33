using Caravan.Checkpoints;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models;

/// <summary>A causal language model: token ids in, hidden states out, and the weight that turns those into logits; or,
/// with another <see cref="ModelHead"/>, into a reward, values or classes. Parameters carry the names of the Hugging
/// Face checkpoint.</summary>
public abstract class LanguageModel(ModelConfigFile config, ModelHead head) : IDisposable
{
    // Places of the architecture's own dropout masks; those of adapters are smaller.
    private const int FirstPlace = 1 << 20;

    private static readonly string[] UnsupportedDropout = ["attention_dropout", "attn_pdrop", "layerdrop"];

    private readonly Dictionary<string, Tensor> _parameters = [];
    private readonly List<string> _order = [];
    private readonly OrderedDictionary<string, Linear> _linears = [];
    private Tensor? _outputWeight;

    /// <summary>The model's <c>config.json</c>.</summary>
    public ModelConfigFile Config => config;

    /// <summary>What <see cref="OutputWeight"/> computes.</summary>
    public ModelHead Head => head;

    /// <summary>The model's extents.</summary>
    public abstract ModelDimensions Dimensions { get; }

    /// <summary>Rows of the embedding: token ids must be smaller.</summary>
    public int VocabularySize => Dimensions.VocabularySize;

    /// <summary>The context length the model was trained for.</summary>
    public int MaxPositions => Dimensions.MaxPositions;

    /// <summary>[vocabulary, hidden]: logits = hidden · weightᵀ. The embedding itself where the head is tied. With
    /// another head than the language model's: [outputs, hidden].</summary>
    public Tensor OutputWeight =>
        _outputWeight ?? throw new InvalidOperationException("the architecture has not made its output projection");

    /// <summary>[outputs], or null: what <see cref="Logits"/> adds.</summary>
    public Tensor? OutputBias { get; private set; }

    /// <summary>What the architecture calls the language model's head, whether it has one of its own or not.</summary>
    internal string? OutputName { get; private set; }

    /// <summary>Every parameter once, by its name in the checkpoint, in the model's order. Quantised weights are none:
    /// they cannot be trained.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Parameters =>
        _order.Where(_parameters.ContainsKey).Select(name => KeyValuePair.Create(name, _parameters[name]));

    /// <summary>The linear layers by their names in the checkpoint (without <c>.weight</c>), in the model's order:
    /// where adapters go and whose weights can be quantised. The head is none of them.</summary>
    public IReadOnlyDictionary<string, Linear> Linears => _linears;

    /// <summary>Numbers in all weights, quantised ones included.</summary>
    public long ParameterCount => _parameters.Values.Sum(parameter => parameter.Count)
        + _linears.Values.Sum(linear => linear.Quantized is { } weight ? weight.Rows * weight.Columns : 0);

    /// <summary>Where the masks of dropout come from in training; null for none.</summary>
    public DropoutStream? Dropout { get; set; }

    public Dtype Dtype => OutputWeight.Dtype;

    public Device Device => OutputWeight.Device;

    /// <summary>Whether activations within the layers are computed again in the backward pass instead of kept: a third
    /// more computation, and memory for one layer's activations instead of all.</summary>
    public bool GradientCheckpointing { get; set; }

    /// <summary>Runs all layers. A forward pass that records gradients is one of training: it has dropout.</summary>
    /// <returns>Hidden states after the last norm, [tokens, hidden].</returns>
    /// <exception cref="Caravan.Files.BadInputException">In training, the configuration asks for a dropout that is not
    /// supported.</exception>
    public Tensor Forward(ModelInput input)
    {
        var pass = Dropout?.Begin();
        if (pass is not null && UnsupportedDropout.FirstOrDefault(key => config.GetDouble(key, 0) > 0) is { } key)
        {
            throw config.Bad(
                key, "0: this dropout is not supported; set it to 0 in config.json, or train without dropout");
        }
        Dropout?.Enter(pass);
        var hidden = Embed(input);                                                // [tokens, hidden]
        if (input.EmbeddingNoise is { } noise)
            hidden += noise;
        foreach (var layer in Layers(input))
        {
            // What a layer has read is freed, unless the backward pass holds it.
            using var before = hidden;
            hidden = Run(InPass(pass, layer), before);
        }
        input.Cache?.Advance(input.Boundaries);
        return Finish(hidden);
    }

    /// <summary>Room for the keys and values of sequences that are decoded side by side.</summary>
    public KeyValueCache CreateCache(int sequences, int capacity) => new(
        Dimensions.Layers, sequences, Dimensions.KeyValueHeads, capacity, Dimensions.HeadDim, Dtype, Device);

    /// <summary>[tokens, vocabulary], for few tokens: a training loss uses
    /// <see cref="Kernels.LinearCrossEntropy"/>. With another head: its numbers, [tokens, outputs].</summary>
    public Tensor Logits(Tensor hidden) => hidden.linear(OutputWeight, OutputBias);

    /// <summary>What the head says of each document, at its last token: [documents, outputs].</summary>
    public Tensor LastLogits(Tensor hidden, ModelInput input)
    {
        long[] last = [.. input.Boundaries.Offsets.Skip(1).Select(end => end - 1L)];
        return Logits(hidden.index_select(0, Tensor.tensor(last).to(hidden.Device)));
    }

    /// <summary>Whether parameters may lie in a mapped file, which cannot be written to.</summary>
    internal bool IsReadOnly { get; set; }

    /// <summary>Lets backward passes compute gradients for all parameters.</summary>
    /// <exception cref="InvalidOperationException">The model was not loaded for training.</exception>
    public void RequireGradients()
    {
        RequireWritable();
        foreach (var parameter in _parameters.Values)
            parameter.RequiresGrad = true;
    }

    public virtual void Dispose()
    {
        foreach (var parameter in _parameters.Values)
            parameter.Dispose();
        foreach (var linear in _linears.Values)
            linear.Quantized?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <exception cref="InvalidOperationException">The model was not loaded for training.</exception>
    internal void RequireWritable()
    {
        if (IsReadOnly)
        {
            throw new InvalidOperationException(
                "the model's parameters cannot be changed: it was not loaded for training");
        }
    }

    /// <summary>Puts another weight into a linear layer; the one before is freed. Takes ownership.</summary>
    /// <param name="weight">[out, in].</param>
    internal void SetWeight(Linear linear, Tensor weight)
    {
        var name = $"{linear.Name}.weight";
        _parameters.GetValueOrDefault(name)?.Dispose();
        linear.Quantized?.Dispose();
        var stored = linear.IsTransposed ? weight.t().contiguous() : weight;
        _parameters[name] = stored.Owned();
        linear.SetWeight(stored);
    }

    /// <summary>The first layer's input: embeddings of the tokens, and of positions where the model has them.</summary>
    /// <returns>[tokens, hidden].</returns>
    protected abstract Tensor Embed(ModelInput input);

    /// <summary>The layers in their order, each a function of the hidden states [tokens, hidden] alone, so that it can
    /// be computed again where its activations were not kept.</summary>
    protected abstract IEnumerable<Func<Tensor, Tensor>> Layers(ModelInput input);

    /// <summary>From the last layer's output to what <see cref="OutputWeight"/> multiplies: the final norm.</summary>
    protected abstract Tensor Finish(Tensor hidden);

    /// <summary>Dropout that the architecture has itself, in training.</summary>
    /// <param name="place">A number of the place in the model, each used once a forward pass.</param>
    protected internal Tensor Dropped(Tensor x, double probability, int place) =>
        Dropout?.Apply(x, probability, FirstPlace + place) ?? x;

    /// <summary>Takes a linear layer from the source, <c>name.weight</c> and perhaps <c>name.bias</c> [outputs], and
    /// remembers it under its name.</summary>
    /// <param name="isTransposed">Whether the checkpoint's weight is [inputs, outputs] instead of [outputs, inputs].
    /// </param>
    /// <param name="initialisation">Of the weight.</param>
    protected internal Linear Linear(
        IParameterSource source, string name, long outputs, long inputs, bool bias = false, bool isTransposed = false,
        Initialisation? initialisation = null)
    {
        var linear = TakeLinear(source, name, outputs, inputs, isTransposed, initialisation);
        if (bias)
            linear.Bias = Parameter(source, $"{name}.bias", [outputs], Initialisation.Zeros);
        _linears.Add(name, linear);
        return linear;
    }

    /// <summary>Takes the output projection from the source, without bias for a language model.</summary>
    /// <param name="name">What the architecture calls it, with <c>.weight</c>.</param>
    /// <param name="hidden">Width of what <see cref="Finish"/> returns.</param>
    /// <param name="tied">The embedding, where it serves as the projection.</param>
    protected void Output(IParameterSource source, string name, long hidden, Tensor? tied)
    {
        OutputName = name;
        if (head.IsLanguage)
        {
            _outputWeight = tied ?? Parameter(source, name, [VocabularySize, hidden]);
            return;
        }
        _outputWeight = Parameter(source, "score.weight", [head.Outputs, hidden]);
        if (head.HasBias)
            OutputBias = Parameter(source, "score.bias", [head.Outputs], Initialisation.Zeros);
    }

    /// <summary>Takes a parameter from the source and remembers it under its name.</summary>
    protected internal Tensor Parameter(
        IParameterSource source, string name, long[] shape, Initialisation? initialisation = null)
    {
        var parameter = source.Get(name, shape, initialisation ?? Initialisation.Normal);
        _parameters.Add(name, parameter);
        _order.Add(name);
        return parameter;
    }

    // What a layer makes on the way is freed when the layer is done, unless the backward pass holds it.
    private Tensor Run(Func<Tensor, Tensor> layer, Tensor hidden)
    {
        using var scope = new TensorScope();
        return scope.Keep(GradientCheckpointing ? ActivationCheckpoint.Run(layer, hidden) : layer(hidden));
    }

    // The masks of a layer are those of its forward pass, also where it is computed again.
    private Func<Tensor, Tensor> InPass(long? pass, Func<Tensor, Tensor> layer)
    {
        if (Dropout is not { } dropout)
            return layer;
        return hidden =>
        {
            dropout.Enter(pass);
            return layer(hidden);
        };
    }

    private Linear TakeLinear(
        IParameterSource source, string name, long outputs, long inputs, bool isTransposed,
        Initialisation? initialisation)
    {
        var weightName = $"{name}.weight";
        if (source.FindQuantized(weightName, outputs, inputs, isTransposed) is { } quantized)
        {
            _order.Add(weightName);
            return new Linear(name, quantized, isTransposed);
        }
        long[] shape = isTransposed ? [inputs, outputs] : [outputs, inputs];
        return new Linear(name, Parameter(source, weightName, shape, initialisation), isTransposed);
    }
}
