using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Caravan.Kernels.Simd;

/// <summary>Elementary functions on sixteen fp32 numbers.</summary>
internal static class VectorMath
{
    internal const float Log2E = 1.4426950408889634f;
    internal const float Ln2 = 0.6931471805599453f;

    // ln 2 in two parts: the first has trailing zeros, so that its product with an exponent is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    /// <summary>2ˣ within 2 ulp; NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Exp2(Vector512<float> x)
    {
        if (Avx512DQ.IsSupported)
        {
            // What is left of infinity is 0.
            var part = Avx512DQ.Reduce(x, 0);
            return Avx512F.Scale(Exp2OfSmall(part), x - part);
        }
        x = Clamp(x, -151, 129);
        var whole = Vector512.Round(x);
        return Scale(Exp2OfSmall(x - whole), whole);
    }

    /// <summary>eˣ within 2 ulp; NaN for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Exp(Vector512<float> x)
    {
        x = Clamp(x, -104, 89);
        var whole = Vector512.Round(x * Log2E);
        var rest = Vector512.FusedMultiplyAdd(whole, Vector512.Create(-Ln2High), x);
        rest = Vector512.FusedMultiplyAdd(whole, Vector512.Create(-Ln2Low), rest);
        return Scale(ExpOfSmall(rest), whole);
    }

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Sigmoid(Vector512<float> x) =>
        Vector512<float>.One / (Vector512<float>.One + Exp(-x));

    /// <summary>erfc(t) · exp(t²) for t ≥ 0 within 4 ulp: a polynomial in u = 1/(1 + 0.35 t), times u. The coefficients
    /// are a least-squares fit of the relative error at Chebyshev's nodes, 2e-8 at most before rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> ScaledErrorComplement(Vector512<float> t)
    {
        var u = Vector512<float>.One / Vector512.FusedMultiplyAdd(t, Vector512.Create(0.35f), Vector512<float>.One);
        var p = Vector512.Create(0.042635198682546616f);
        p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(-0.1827329397201538f));
        p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.23924033343791962f));
        p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(-0.10698890686035156f));
        p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.15463121235370636f));
        p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.10897272080183029f));
        p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.16422100365161896f));
        p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.18507374823093414f));
        p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.19748157262802124f));
        p = Vector512.FusedMultiplyAdd(p, u, Vector512.Create(0.19746604561805725f));
        return p * u;
    }

    /// <summary>The greatest of the sixteen; unspecified where there is a NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Max(Vector512<float> x)
    {
        var eight = Vector256.MaxNative(x.GetLower(), x.GetUpper());
        var four = Vector128.MaxNative(eight.GetLower(), eight.GetUpper());
        var two = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.MaxNative(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2)))[0];
    }

    /// <summary>The sum of the sixteen, always in the same order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Sum(Vector512<float> x)
    {
        var eight = x.GetLower() + x.GetUpper();
        var four = eight.GetLower() + eight.GetUpper();
        var two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return two[0] + two[1];
    }

    // Polynomial for eˣ on |x| ≤ ln 2 / 2 (Cephes, expf).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ExpOfSmall(Vector512<float> x)
    {
        var p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(5.0000001201e-1f));
        return Vector512.FusedMultiplyAdd(p, x * x, x) + Vector512<float>.One;
    }

    // Polynomial for 2ˣ on |x| ≤ ½: the least greatest relative error, 2e-9 before rounding, with 2⁰ = 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Exp2OfSmall(Vector512<float> x)
    {
        var p = Vector512.Create(1.5353362e-4f);
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(1.3398874e-3f));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(9.618437e-3f));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(5.5503324e-2f));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(2.4022648e-1f));
        p = Vector512.FusedMultiplyAdd(p, x, Vector512.Create(Ln2));
        return Vector512.FusedMultiplyAdd(p, x, Vector512<float>.One);
    }

    // To where the result is still 0 or infinite; the order of the operands lets NaN through.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Clamp(Vector512<float> x, float low, float high) =>
        Vector512.MinNative(Vector512.Create(high), Vector512.MaxNative(Vector512.Create(low), x));

    // value · 2^exponent
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scale(Vector512<float> value, Vector512<float> exponent)
    {
        if (Avx512F.IsSupported)
            return Avx512F.Scale(value, exponent);
        // In two steps: neither 2^129 nor 2^-151 is an fp32 number.
        var whole = Vector512.ConvertToInt32(exponent);
        var first = whole >> 1;
        return value * PowerOfTwo(first) * PowerOfTwo(whole - first);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<int> exponent) =>
        ((exponent + Vector512.Create(127)) << 23).AsSingle();
}
