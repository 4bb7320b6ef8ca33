using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>
/// Rotary position embedding (Su et al. 2021, arXiv:2104.09864) in the half-split layout of Hugging Face: element i is
/// rotated together with element i + head_dim/2.
/// </summary>
public static class Rotary
{
    /// <summary>Rotates every head of every token by the angles of its position.</summary>
    /// <param name="x">[tokens, heads, head_dim].</param>
    /// <param name="cosines">fp32 [tokens, head_dim / 2].</param>
    /// <param name="sines">fp32 [tokens, head_dim / 2].</param>
    public static Tensor Apply(Tensor x, Tensor cosines, Tensor sines)
    {
        var half = x.Size(2) / 2;
        var (cos, sin) = (cosines.unsqueeze(1), sines.unsqueeze(1));              // [tokens, 1, half]
        var x32 = x.to(Dtype.Float32);
        var (first, second) = (x32.narrow(2, 0, half), x32.narrow(2, half, half)); // [tokens, heads, half]
        return Tensor.cat([first * cos - second * sin, second * cos + first * sin], 2).to(x.Dtype);
    }
}
