using Caravan.Kernels;
using Caravan.Models;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Training.Memory;

/// <summary>What one layer keeps of each token for its backward pass, counted from the operations of
/// <see cref="Caravan.Kernels"/>: norms, attention and gated activations keep their inputs, attention its output too,
/// and a linear layer keeps its input if its weight or an adapter's is trained.</summary>
/// <param name="linears">The layer's linear layers, in the model's order.</param>
/// <param name="elementSize">Bytes of an activation.</param>
internal sealed class LayerMemory(ModelDimensions model, IReadOnlyList<Linear> linears, int elementSize)
{
    private readonly long _queries = (long)model.Heads * model.HeadDim;
    private readonly long _keys = (long)model.KeyValueHeads * model.HeadDim;

    private bool IsGated => linears.Count(IsUp) > 1;

    /// <summary>Bytes for each token from the forward to the backward pass.</summary>
    /// <param name="isTrained">Whether the linear layers' own weights are trained.</param>
    /// <param name="adapters">Null for none.</param>
    internal long Kept(bool isTrained, AdapterOutline? adapters)
    {
        // The layer's input and the sum behind the attention; queries, keys and values; the attention's output, which
        // is the input of the projection behind it; gate and up.
        var elements = 2 * model.HiddenSize + 2 * _queries + 2 * _keys;
        elements += (IsGated ? 2 : 1) * (long)model.IntermediateSize;
        elements += InputsOf(isTrained, adapters, kept: true);
        elements += linears.Count(linear => adapters?.Includes(linear) == true) * (adapters?.Rank ?? 0);
        const int Scales = 2; // of the norms
        const int Statistics = 2; // of each head's softmax
        return elements * elementSize + (Statistics * model.Heads + Scales) * sizeof(float);
    }

    /// <summary>Bytes for each token that the forward pass of the layer makes beside what is kept: queries and keys
    /// before they are rotated, the outputs of both parts, and inputs of linear layers.</summary>
    internal long Forward(bool isTrained, AdapterOutline? adapters) =>
        (_queries + _keys + 2 * model.HiddenSize + InputsOf(isTrained, adapters, kept: false)) * elementSize;

    /// <summary>Bytes for each token that the backward pass of the layer takes at its widest: the gradients around the
    /// feed-forward part.</summary>
    internal long Backward(AdapterOutline? adapters, bool isQuantized)
    {
        long hidden = 2L * model.HiddenSize, wide = model.IntermediateSize;
        // The gradients of gate, up and their product.
        var activation = (IsGated ? 3 : 2) * wide * elementSize;
        // Of the last layer's input: the adapter's, before and after dropout, and the input as dropout left it; …
        var adapted = adapters is null ? 0 : (adapters.HasDropout ? 3 : 1) * wide * elementSize;
        // … then beside the adapter's the quantised weight's, summed in fp32.
        var quantized = isQuantized ? wide * (2 * elementSize + (elementSize < 4 ? sizeof(float) : 0)) : 0;
        return hidden * elementSize + Math.Max(activation, Math.Max(adapted, quantized));
    }

    /// <summary>Bytes that the products of the widest linear layer take beside their results.</summary>
    internal long Products(long tokens, Dtype dtype, bool isTrained) => linears.Max(linear =>
        WorkingMemory.OfProjection(tokens, linear.Inputs, linear.Outputs, dtype, isTrained));

    // Elements for each token of the linear layers' inputs that are nothing else's output as well: the norms' and the
    // product of gate and up. Each is there once, whatever the number of layers that have it as their input.
    private long InputsOf(bool isTrained, AdapterOutline? adapters, bool kept)
    {
        // The product of gate and up is made again if nothing stands between it and the weight.
        bool IsMadeAgain(Linear linear) => IsGated && IsDown(linear) && linear.IsPlain;
        bool Keeps(Linear linear) =>
            (isTrained && !IsMadeAgain(linear)) || adapters?.Includes(linear) == true;
        long If(Func<Linear, bool> isOne, long width) =>
            linears.Any(linear => isOne(linear) && Keeps(linear)) == kept ? width : 0;
        return If(IsAttentionInput, model.HiddenSize) + If(IsUp, model.HiddenSize) + If(IsDown, model.IntermediateSize);
    }

    private bool IsUp(Linear linear) => linear.Outputs == model.IntermediateSize && linear.Inputs == model.HiddenSize
        && !IsFused(linear);

    private bool IsDown(Linear linear) => linear.Inputs == model.IntermediateSize && linear.Outputs == model.HiddenSize;

    private bool IsAttentionInput(Linear linear) => !IsUp(linear) && !IsDown(linear) && linear != AttentionOutput;

    private Linear? AttentionOutput => linears.LastOrDefault(linear => !IsUp(linear) && !IsDown(linear));

    // Queries, keys and values in one, whose width may be that of the feed-forward part.
    private bool IsFused(Linear linear) => linear == linears[0];
}
