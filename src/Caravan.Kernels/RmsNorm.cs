using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>Root-mean-square layer normalisation (Zhang and Sennrich 2019, arXiv:1910.07467).</summary>
public static class RmsNorm
{
    /// <summary>weight · x / √(mean(x²) + ε), computed in fp32 and returned in the type of <paramref name="x"/>.
    /// </summary>
    /// <param name="x">[tokens, hidden].</param>
    /// <param name="weight">[hidden].</param>
    public static Tensor Forward(Tensor x, Tensor weight, double epsilon)
    {
        var x32 = x.to(Dtype.Float32);                                            // [tokens, hidden]
        var scale = (x32.mul(x32).mean(-1, keepdim: true) + epsilon).rsqrt();     // [tokens, 1]
        return x32.mul(scale).to(x.Dtype).mul(weight);
    }
}
