using Caravan.Kernels;
using Caravan.Models.Parts;
using Caravan.Torch;

namespace Caravan.Models.Adapters;

/// <summary>What an adapter adds to one linear layer: s · B·A·x.</summary>
/// <param name="dropoutOf">Gives the model's masks, which may be switched off and on.</param>
/// <param name="a">fp32 [r, in]. The layer owns it, and <paramref name="b"/>.</param>
/// <param name="b">fp32 [out, r].</param>
/// <param name="place">The layer's number, for its dropout masks.</param>
internal sealed class LoraLayer(
    Func<DropoutStream?> dropoutOf, Linear linear, Tensor a, Tensor b, double scale, double dropout, int place)
    : IDisposable
{
    internal Linear Linear => linear;

    /// <summary>[r, in].</summary>
    internal Tensor A => a;

    /// <summary>[out, r].</summary>
    internal Tensor B => b;

    /// <summary>The output [tokens, out] of the layer with the change added, in the type of <paramref name="x"/>
    /// [tokens, in]; the factors stay in fp32, in which their gradients are summed.</summary>
    internal Tensor Forward(Tensor output, Tensor x)
    {
        var key = dropout > 0 ? dropoutOf()?.KeyOf(place) : null;
        return LowRankUpdate.Add(output, x, a, b, scale, key is null ? 0 : dropout, key ?? 0);
    }

    /// <summary>The weight with the change in it, computed in fp32 and rounded once.</summary>
    /// <param name="dtype">Of the result.</param>
    internal Tensor Merge(Dtype dtype)
    {
        using var scope = new TensorScope();
        var sum = b.mm(a) * scale;                                                // [out, in]
        return scope.Keep(sum.add_(linear.Numbers(dtype)).to(dtype));
    }

    public void Dispose()
    {
        a.Dispose();
        b.Dispose();
    }
}
