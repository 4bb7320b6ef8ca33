using System.Runtime.Intrinsics;

namespace Caravan.Kernels.Elementwise;

/// <summary>A function of one number, on sixteen fp32 numbers at a time.</summary>
internal interface IActivation
{
    static abstract Vector512<float> Value(Vector512<float> x);

    /// <summary>The derivative at what the forward pass saved.</summary>
    static abstract Vector512<float> Slope(Vector512<float> saved);
}
