using Caravan.Checkpoints;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models;

/// <summary>A causal language model: token ids in, hidden states out, and the weight that turns those into logits.
/// Parameters carry the names of the Hugging Face checkpoint.</summary>
public abstract class LanguageModel(ModelConfigFile config) : IDisposable
{
    private readonly Dictionary<string, Tensor> _parameters = [];
    private readonly List<string> _order = [];
    private readonly OrderedDictionary<string, Linear> _linears = [];

    /// <summary>The model's <c>config.json</c>.</summary>
    public ModelConfigFile Config => config;

    /// <summary>Rows of the embedding: token ids must be smaller.</summary>
    public abstract int VocabularySize { get; }

    /// <summary>The context length the model was trained for.</summary>
    public abstract int MaxPositions { get; }

    /// <summary>[vocabulary, hidden]: logits = hidden · weightᵀ. The embedding itself where the head is tied.</summary>
    public abstract Tensor OutputWeight { get; }

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
    public Tensor Forward(ModelInput input)
    {
        var pass = Dropout?.Begin();
        Dropout?.Enter(pass);
        var hidden = Embed(input);                                                // [tokens, hidden]
        foreach (var layer in Layers(input))
            hidden = Run(InPass(pass, layer), hidden);
        input.Cache?.Advance(input.Boundaries);
        return Finish(hidden);
    }

    /// <summary>Room for the keys and values of sequences that are decoded side by side.</summary>
    public abstract KeyValueCache CreateCache(int sequences, int capacity);

    /// <summary>[tokens, vocabulary], for few tokens: a training loss uses
    /// <see cref="Kernels.LinearCrossEntropy"/>.</summary>
    public Tensor Logits(Tensor hidden) => hidden.linear(OutputWeight);

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
            throw new InvalidOperationException("the model's parameters cannot be changed: it was not loaded for training");
    }

    /// <summary>Puts another weight into a linear layer; the one before is freed. Takes ownership.</summary>
    /// <param name="weight">[out, in].</param>
    internal void SetWeight(Linear linear, Tensor weight)
    {
        var name = $"{linear.Name}.weight";
        _parameters.GetValueOrDefault(name)?.Dispose();
        linear.Quantized?.Dispose();
        _parameters[name] = weight.Owned();
        linear.SetWeight(weight);
    }

    /// <summary>The first layer's input: embeddings of the tokens, and of positions where the model has them.</summary>
    /// <returns>[tokens, hidden].</returns>
    protected abstract Tensor Embed(ModelInput input);

    /// <summary>The layers in their order, each a function of the hidden states [tokens, hidden] alone, so that it can
    /// be computed again where its activations were not kept.</summary>
    protected abstract IEnumerable<Func<Tensor, Tensor>> Layers(ModelInput input);

    /// <summary>From the last layer's output to what <see cref="OutputWeight"/> multiplies: the final norm.</summary>
    protected abstract Tensor Finish(Tensor hidden);

    /// <summary>Takes a linear layer from the source, <c>name.weight</c> [outputs, inputs] and perhaps <c>name.bias</c>
    /// [outputs], and remembers it under its name.</summary>
    protected Linear Linear(IParameterSource source, string name, long outputs, long inputs, bool bias = false)
    {
        var linear = TakeLinear(source, name, [outputs, inputs]);
        if (bias)
            linear.Bias = Parameter(source, $"{name}.bias", [outputs], Initialisation.Zeros);
        _linears.Add(name, linear);
        return linear;
    }

    /// <summary>Takes a parameter from the source and remembers it under its name.</summary>
    protected Tensor Parameter(
        IParameterSource source, string name, long[] shape, Initialisation initialisation = Initialisation.Normal)
    {
        var parameter = source.Get(name, shape, initialisation);
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

    private Linear TakeLinear(IParameterSource source, string name, long[] shape)
    {
        var weightName = $"{name}.weight";
        if (source.FindQuantized(weightName, shape) is not { } quantized)
            return new Linear(name, Parameter(source, weightName, shape));
        _order.Add(weightName);
        return new Linear(name, quantized);
    }
}
