using System.Runtime.Intrinsics;
using Caravan.Kernels.Elementwise;
using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public class MasterWeightsTests
{
    private const int Lows = 1 << 16;

    // Upper halves of zeros, subnormal numbers, the smallest and the greatest normal ones, 1, infinities and NaNs, …
    private static readonly ushort[] Edges =
    [
        0, 1, 2, 0x3f, 0x7e, 0x7f, 0x80, 0x81, 0x3f7f, 0x3f80, 0x3f81, 0x4000, 0x7f7e, 0x7f7f, 0x7f80, 0x7f81, 0x7fbf,
        0x7fc0, 0x7ffe, 0x7fff,
    ];

    // … and of any numbers; each with all lower halves and both signs.
    private static IEnumerable<uint> Highs()
    {
        var random = new Random(5);
        return Edges.Concat(Enumerable.Range(0, 40).Select(_ => (ushort)random.Next(0x8000)))
            .SelectMany(high => new[] { high, high | 0x8000u });
    }

    [Fact]
    public unsafe void SplitWeights_OfAllLowerHalves_AreTheSameBitsAgainBesideTheNearestBFloat16()
    {
        var (parameter, remainder) = (new ushort[Lows], new short[Lows]);
        fixed (ushort* high = parameter)
        {
            fixed (short* low = remainder)
            {
                var weights = new SplitWeights(high, low);
                foreach (var upper in Highs())
                {
                    for (var i = 0; i < Lows; i += 16)
                        weights.Store(i, Numbers(upper, i));
                    for (var i = 0; i < Lows; i++)
                        AssertIsNearest(Number(upper, i), parameter[i]);
                    for (var i = 0; i < Lows; i += 16)
                        AssertSame(Numbers(upper, i), weights.Load(i));
                }
            }
        }
    }

    [Fact]
    public unsafe void SplitWeights_OneByOneAndByLibtorch_AreTheSameHalves()
    {
        using var scope = new TensorScope();
        var (masters, remainder) = (Tensor.empty([Lows / 16, 16]), Tensor.empty([Lows / 16, 16], Dtype.Int16));
        var parameter = Tensor.empty([Lows / 16, 16], Dtype.BFloat16);
        var (vectorHigh, vectorLow) = (new ushort[Lows], new short[Lows]);
        var (high, low) = (new ushort[Lows], new short[Lows]);
        fixed (ushort* highs = high, vectorHighs = vectorHigh)
        {
            fixed (short* lows = low, vectorLows = vectorLow)
            {
                var (single, vectors) = (new SplitWeights(highs, lows), new SplitWeights(vectorHighs, vectorLows));
                foreach (var upper in Highs())
                {
                    for (var i = 0; i < Lows; i++)
                    {
                        masters.Data<float>()[i] = Number(upper, i);
                        single.Write(i, Number(upper, i));
                    }
                    for (var i = 0; i < Lows; i += 16)
                        vectors.Store(i, Numbers(upper, i));
                    MasterWeights.Split(masters, parameter, remainder);
                    Assert.True(parameter.Data<ushort>().SequenceEqual(high));
                    Assert.True(remainder.Data<short>().SequenceEqual(low));
                    Assert.True(vectorHigh.AsSpan().SequenceEqual(high));
                    Assert.True(vectorLow.AsSpan().SequenceEqual(low));
                    var joined = MasterWeights.Join(parameter, remainder).Data<float>();
                    for (var i = 0; i < Lows; i++)
                    {
                        Assert.Equal(Bits(joined[i]), Bits(single.Read(i)));
                        Assert.Equal(Bits(Canonical(Number(upper, i))), Bits(joined[i]));
                    }
                }
            }
        }
    }

    private static float Number(uint high, int low) => BitConverter.UInt32BitsToSingle((high << 16) | (uint)low);

    private static Vector512<float> Numbers(uint high, int low) =>
        (Vector512.Create((high << 16) | (uint)low) + Vector512<uint>.Indices).AsSingle();

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static float Canonical(float value) => float.IsNaN(value) ? float.NaN : value;

    private static void AssertSame(Vector512<float> expected, Vector512<float> actual)
    {
        for (var lane = 0; lane < 16; lane++)
            Assert.Equal(Bits(Canonical(expected[lane])), Bits(actual[lane]));
    }

    // By its definition: no bf16 beside it is nearer, and of two that are as near it is the greater in size. Beyond the
    // greatest bf16 comes infinity, at 2¹²⁸.
    private static void AssertIsNearest(float number, ushort parameter)
    {
        if (float.IsNaN(number))
        {
            Assert.Equal(Bits(float.NaN) >> 16, parameter);
            return;
        }
        Assert.Equal(float.IsNegative(number), parameter >> 15 != 0);
        var (size, rounded) = (Math.Abs((double)number), parameter & 0x7fff);
        if (double.IsInfinity(size))
        {
            Assert.Equal(0x7f80, rounded);
            return;
        }
        var error = Math.Abs(Size(rounded) - size);
        Assert.True(rounded == 0 || error <= size - Size(rounded - 1), $"{number:r} became {rounded:x}");
        Assert.True(rounded == 0x7f80 || error < Size(rounded + 1) - size, $"{number:r} became {rounded:x}");

        static double Size(int bits) =>
            bits == 0x7f80 ? Math.Pow(2, 128) : BitConverter.UInt32BitsToSingle((uint)bits << 16);
    }
}
