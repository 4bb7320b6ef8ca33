using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;

namespace Caravan.Kernels.Tests;

public class VectorMathTests
{
    [Fact]
    public void Exp_IsWithinTwoUlp() => AssertWithinTwoUlp(VectorMath.Exp, Math.Exp, -87, 88.7);

    [Fact]
    public void Exp2_IsWithinTwoUlp() => AssertWithinTwoUlp(VectorMath.Exp2, x => Math.Pow(2, x), -125.9, 127.9);

    [Fact]
    public void Exp_AtTheEnds()
    {
        float[] inputs = [float.NegativeInfinity, -1000, 0, 1000, float.PositiveInfinity, float.NaN];
        float[] outputs = [0, 0, 1, float.PositiveInfinity, float.PositiveInfinity, float.NaN];
        for (var i = 0; i < inputs.Length; i++)
        {
            Assert.Equal(outputs[i], VectorMath.Exp(Vector512.Create(inputs[i]))[3]);
            Assert.Equal(outputs[i], VectorMath.Exp2(Vector512.Create(inputs[i]))[3]);
        }
    }

    [Fact]
    public unsafe void BFloat16_RoundsToNearestEven()
    {
        float[] values = [1f, 1.00390625f, 1.01171875f, -3.1415927f, 1e-40f, 3.4e38f, float.PositiveInfinity, 0, -0f];
        ushort[] expected = [0x3f80, 0x3f80, 0x3f82, 0xc049, 0x0001, 0x7f80, 0x7f80, 0, 0x8000];
        var target = stackalloc ushort[16];
        for (var i = 0; i < values.Length; i++)
        {
            BFloat16Element.Store((BFloat16Element*)target, Vector512.Create(values[i]));
            Assert.Equal(expected[i], target[7]);
            BFloat16Element.Write((BFloat16Element*)target, values[i]);
            Assert.Equal(expected[i], target[0]);
        }
        BFloat16Element.Store((BFloat16Element*)target, Vector512.Create(BitConverter.Int32BitsToSingle(0x7fffffff)));
        Assert.True(float.IsNaN(BFloat16Element.Read((BFloat16Element*)target)));
    }

    private static void AssertWithinTwoUlp(
        Func<Vector512<float>, Vector512<float>> function, Func<double, double> exact, double low, double high)
    {
        const int points = 200_000;
        for (var i = 0; i <= points; i++)
        {
            var x = (float)(low + (high - low) * i / points);
            var expected = exact(x);
            var ulp = MathF.BitIncrement((float)expected) - (float)expected;
            var error = Math.Abs(function(Vector512.Create(x))[0] - expected) / ulp;
            Assert.True(error <= 2, $"at {x:R} the error is {error:F2} ulp");
        }
    }
}
