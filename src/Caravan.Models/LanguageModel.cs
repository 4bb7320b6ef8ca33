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

    /// <summary>Every parameter once, by its name in the checkpoint, in the model's order.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Parameters =>
        _order.Select(name => KeyValuePair.Create(name, _parameters[name]));

    /// <summary>The linear layers by their names in the checkpoint (without <c>.weight</c>), in the model's order:
    /// where adapters go and whose weights can be quantised. The head is none of them.</summary>
    public IReadOnlyDictionary<string, Linear> Linears => _linears;

    public long ParameterCount => _parameters.Values.Sum(parameter => parameter.Count);

    public Dtype Dtype => OutputWeight.Dtype;

    public Device Device => OutputWeight.Device;

    /// <summary>Runs all layers.</summary>
    /// <returns>Hidden states after the last norm, [tokens, hidden].</returns>
    public Tensor Forward(ModelInput input)
    {
        var hidden = Embed(input);                                                // [tokens, hidden]
        foreach (var layer in Layers(input))
            hidden = layer(hidden);
        input.Cache?.Advance(input.Boundaries);
        return Finish(hidden);
    }

    /// <summary>Room for the keys and values of sequences that are decoded side by side.</summary>
    public abstract KeyValueCache CreateCache(int sequences, int capacity);

    /// <summary>[tokens, vocabulary], for few tokens: a training loss uses
    /// <see cref="Kernels.LinearCrossEntropy"/>.</summary>
    public Tensor Logits(Tensor hidden) => hidden.linear(OutputWeight);

    /// <summary>Lets backward passes compute gradients for all parameters.</summary>
    public void RequireGradients()
    {
        foreach (var parameter in _parameters.Values)
            parameter.RequiresGrad = true;
    }

    public virtual void Dispose()
    {
        foreach (var parameter in _parameters.Values)
            parameter.Dispose();
        GC.SuppressFinalize(this);
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
        var weight = Parameter(source, $"{name}.weight", [outputs, inputs]);
        var linear = new Linear(
            name, weight, bias ? Parameter(source, $"{name}.bias", [outputs], Initialisation.Zeros) : null);
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
}
