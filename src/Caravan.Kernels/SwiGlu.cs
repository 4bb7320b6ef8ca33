using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>The gated activation of LLaMA's feed-forward part (Shazeer 2020, arXiv:2002.05202).</summary>
public static class SwiGlu
{
    /// <summary>silu(gate) · up, element by element.</summary>
    public static Tensor Forward(Tensor gate, Tensor up) => gate.silu().mul(up);
}
