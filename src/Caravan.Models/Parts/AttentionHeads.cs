using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>Causal attention of one layer between projections, over the tokens of a forward pass and of its cache.
/// </summary>
/// <param name="layer">The layer's number, for the cache.</param>
/// <param name="dimensions">The model's heads.</param>
/// <param name="window">Tokens that a query sees, itself included; null for all before it.</param>
internal sealed class AttentionHeads(int layer, ModelDimensions dimensions, int? window = null)
{
    /// <summary>Elements of all heads' queries of a token.</summary>
    internal int QueryWidth => dimensions.Heads * dimensions.HeadDim;

    /// <summary>Elements of all heads' keys, or values, of a token.</summary>
    internal int KeyWidth => dimensions.KeyValueHeads * dimensions.HeadDim;

    /// <summary>Rotates queries and keys, and attends.</summary>
    /// <param name="queries">[tokens, heads · head_dim].</param>
    /// <param name="keys">[tokens, kv_heads · head_dim].</param>
    /// <param name="values">[tokens, kv_heads · head_dim].</param>
    /// <returns>[tokens, heads · head_dim].</returns>
    internal Tensor Attend(Tensor queries, Tensor keys, Tensor values, ModelInput input, RotaryAngles angles) => Attend(
        angles.Rotate(Split(queries, dimensions.Heads)), angles.Rotate(Split(keys, dimensions.KeyValueHeads)),
        Split(values, dimensions.KeyValueHeads), input);

    /// <summary>Attends without rotation.</summary>
    /// <inheritdoc cref="Attend(Tensor, Tensor, Tensor, ModelInput, RotaryAngles)"/>
    internal Tensor AttendUnrotated(Tensor queries, Tensor keys, Tensor values, ModelInput input) => Attend(
        Split(queries, dimensions.Heads), Split(keys, dimensions.KeyValueHeads),
        Split(values, dimensions.KeyValueHeads), input);

    /// <summary>Attends from heads that are apart already.</summary>
    /// <param name="queries">[tokens, heads, head_dim].</param>
    /// <param name="keys">[tokens, kv_heads, head_dim].</param>
    /// <param name="values">[tokens, kv_heads, head_dim].</param>
    /// <returns>[tokens, heads · head_dim].</returns>
    internal Tensor Attend(Tensor queries, Tensor keys, Tensor values, ModelInput input)
    {
        var scale = 1 / Math.Sqrt(dimensions.HeadDim);
        var attended = input.Cache is null
            ? CausalAttention.Forward(queries, keys, values, input.Boundaries, scale, window)
            : input.Cache.Attend(layer, queries, keys, values, input.Boundaries, scale, window);
        return attended.reshape(queries.Size(0), QueryWidth);
    }

    private Tensor Split(Tensor x, int heads) => x.view(x.Size(0), heads, dimensions.HeadDim);
}
