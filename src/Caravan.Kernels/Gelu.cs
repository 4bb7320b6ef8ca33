using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Caravan.Kernels.Elementwise;
using Caravan.Kernels.Simd;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>Gaussian error linear units (Hendrycks and Gimpel 2016, arXiv:1606.08415), element by element, computed in
/// fp32.</summary>
public static class Gelu
{
    /// <summary>x · Φ(x) with the normal distribution Φ: what <c>gelu</c> means in a model's <c>hidden_act</c>.
    /// </summary>
    public static Tensor Exact(Tensor x) => KernelSelection.UsesSimd(x)
        ? ActivationKernel<ExactFunction>.Forward("Gelu", x, savesOutput: false)
        : x.gelu("none");

    /// <summary>x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))): <c>gelu_new</c>, <c>gelu_pytorch_tanh</c> and
    /// <c>gelu_fast</c>.</summary>
    public static Tensor Tanh(Tensor x) => KernelSelection.UsesSimd(x)
        ? ActivationKernel<TanhFunction>.Forward("GeluTanh", x, savesOutput: false)
        : x.gelu("tanh");

    private readonly struct ExactFunction : IActivation
    {
        private const float RootOfHalf = 0.70710678118f;
        private const float DensityAtZero = 0.3989422804f; // 1/√(2π)

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x) => x * Distribution(x, out _);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Slope(Vector512<float> x)
        {
            var distribution = Distribution(x, out var bell);
            // Where the bell is zero x may be infinite.
            var bounded = Vector512.MinNative(Vector512.MaxNative(x, Vector512.Create(-20f)), Vector512.Create(20f));
            return Vector512.FusedMultiplyAdd(bounded * bell, Vector512.Create(DensityAtZero), distribution);
        }

        // Φ(x), and exp(−x²/2) on the way.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Distribution(Vector512<float> x, out Vector512<float> bell)
        {
            var t = Vector512.Abs(x) * RootOfHalf;
            bell = VectorMath.Exp(-t * t);
            var tail = bell * VectorMath.ScaledErrorComplement(t) * 0.5f;
            return Vector512.ConditionalSelect(
                Vector512.LessThan(x, Vector512<float>.Zero), tail, Vector512<float>.One - tail);
        }
    }

    private readonly struct TanhFunction : IActivation
    {
        // (1 + tanh z)/2 = σ(2z) with 2z = x · (a + b·x²).
        private const float A = 1.5957691216f; // 2·√(2/π)
        private const float B = 0.044715f * A;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x) => x * Gate(x, out _);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Slope(Vector512<float> x)
        {
            var gate = Gate(x, out var square);
            var slope = Vector512.FusedMultiplyAdd(square, Vector512.Create(3 * B), Vector512.Create(A));
            return Vector512.FusedMultiplyAdd(x * slope, gate * (Vector512<float>.One - gate), gate);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Gate(Vector512<float> x, out Vector512<float> square)
        {
            // Beyond 20 the gate is 0 or 1 and its slope 0; the bound keeps the powers of x finite.
            var bounded = Vector512.MinNative(Vector512.MaxNative(x, Vector512.Create(-20f)), Vector512.Create(20f));
            square = bounded * bounded;
            return VectorMath.Sigmoid(
                bounded * Vector512.FusedMultiplyAdd(square, Vector512.Create(B), Vector512.Create(A)));
        }
    }
}
