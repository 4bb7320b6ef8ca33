using Caravan.Models;
using Caravan.Models.Parts;

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
    /// <param name="isTrained">Whether a linear layer's own weight is trained.</param>
    /// <param name="adapters">Null for none.</param>
    internal long Kept(Func<Linear, bool> isTrained, AdapterOutline? adapters)
    {
        // The layer's input and the sum behind the attention; queries, keys and values; the attention's output.
        long elements = 2 * model.HiddenSize + 2 * _queries + 2 * _keys;
        elements += (IsGated ? 2 : 1) * (long)model.IntermediateSize;
        bool KeepsInput(Linear linear) =>
            isTrained(linear) || (adapters is { HasDropout: false } && adapters.Includes(linear));
        // The attention's output is the input of the projection behind it and counted already.
        if (linears.Any(linear => IsAttentionInput(linear) && KeepsInput(linear)))
            elements += model.HiddenSize;
        if (linears.Any(linear => IsUp(linear) && KeepsInput(linear)))
            elements += model.HiddenSize;
        if (linears.Any(linear => IsDown(linear) && KeepsInput(linear)))
            elements += model.IntermediateSize;
        foreach (var linear in linears.Where(linear => adapters?.Includes(linear) == true))
            elements += adapters!.Rank + (adapters.HasDropout ? linear.Inputs : 0);
        const int Scales = 2; // of the norms
        return elements * elementSize + (model.Heads + Scales) * sizeof(float);
    }

    /// <summary>Bytes for each token that the backward pass of the layer takes at its widest: the gradients around the
    /// feed-forward part.</summary>
    internal long Backward => ((IsGated ? 3 : 2) * (long)model.IntermediateSize + 2L * model.HiddenSize) * elementSize;

    private bool IsUp(Linear linear) => linear.Outputs == model.IntermediateSize && linear.Inputs == model.HiddenSize
        && !IsFused(linear);

    private bool IsDown(Linear linear) => linear.Inputs == model.IntermediateSize && linear.Outputs == model.HiddenSize;

    private bool IsAttentionInput(Linear linear) => !IsUp(linear) && !IsDown(linear) && linear != AttentionOutput;

    private Linear? AttentionOutput => linears.LastOrDefault(linear => !IsUp(linear) && !IsDown(linear));

    // Queries, keys and values in one, whose width may be that of the feed-forward part.
    private bool IsFused(Linear linear) => linear == linears[0];
}
