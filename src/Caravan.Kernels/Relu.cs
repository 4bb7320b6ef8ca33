using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Caravan.Kernels.Elementwise;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>The activation of OPT's feed-forward part.</summary>
public static class Relu
{
    /// <summary>max(x, 0), element by element.</summary>
    public static Tensor Forward(Tensor x) => KernelSelection.UsesSimd(x)
        ? ActivationKernel<Function>.Forward("Relu", x, savesOutput: true)
        : ForwardComposition(x);

    internal static Tensor ForwardComposition(Tensor x) => x.relu();

    private readonly struct Function : IActivation
    {
        // NaN stays NaN: the comparison is false for it.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x) =>
            Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), Vector512<float>.Zero, x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Slope(Vector512<float> output) =>
            Vector512.ConditionalSelect(
                Vector512.GreaterThan(output, Vector512<float>.Zero), Vector512<float>.One, Vector512<float>.Zero);
    }
}
