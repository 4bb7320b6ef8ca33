namespace Caravan.Kernels;

/// <summary>How AdamW keeps its state, on the CPU.</summary>
/// <param name="EightBitMoments">Both moments in 8 bits an element, relative to the greatest of each 256 (after
/// Dettmers et al. 2022, arXiv:2110.02861): 2 bytes of state instead of 8. They are rounded at random, so that a moving
/// average keeps what a single step adds.</param>
/// <param name="StochasticRounding">A bf16 parameter is not half of an fp32 number: what an update adds is rounded
/// at random to one of the two bf16 numbers beside it, right on average (Gupta et al. 2015, arXiv:1502.02551).</param>
public readonly record struct AdamWFormat(bool EightBitMoments, bool StochasticRounding);
