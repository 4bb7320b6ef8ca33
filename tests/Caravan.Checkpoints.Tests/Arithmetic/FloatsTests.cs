using System.Runtime.InteropServices;

namespace Caravan.Checkpoints.Tests;

public sealed class FloatsTests
{
    [Fact]
    public void FromSingle_ToBFloat16_RoundsToNearestEven()
    {
        // 1 + 2^-8 lies in the middle of 1 and 1 + 2^-7: to the even one; 1 + 3·2^-8 as well, upwards.
        (uint Bits, ushort Expected)[] cases =
        [
            (0x3F800000, 0x3F80), (0x3F808000, 0x3F80), (0x3F808001, 0x3F81), (0x3F818000, 0x3F82),
            (0x80000000, 0x8000), (0x7F7FFFFF, 0x7F80), (0xFF800000, 0xFF80), (0x7F800001, 0x7FC0),
            (0xFFFFFFFF, 0xFFFF), (0x00000001, 0x0000),
        ];
        // Repeated, so that vector and remainder loops both see them.
        var source = Enumerable.Repeat(cases.Select(c => BitConverter.UInt32BitsToSingle(c.Bits)), 5)
            .SelectMany(x => x).ToArray();
        var destination = new byte[source.Length * 2];
        Floats.FromSingle(source, WeightType.BF16, destination);
        Assert.Equal(
            Enumerable.Repeat(cases.Select(c => c.Expected), 5).SelectMany(x => x),
            MemoryMarshal.Cast<byte, ushort>(destination).ToArray());
    }

    [Theory]
    [InlineData(WeightType.BF16)]
    [InlineData(WeightType.F16)]
    public void ToSingle_All16BitNumbers_ComeBackFromSingle(WeightType type)
    {
        var all = Enumerable.Range(0, 1 << 16).Select(i => (ushort)i).ToArray();
        var singles = new float[all.Length];
        Floats.ToSingle(type, MemoryMarshal.AsBytes(all.AsSpan()), singles);
        var back = new ushort[all.Length];
        Floats.FromSingle(singles, type, MemoryMarshal.AsBytes(back.AsSpan()));
        for (var i = 0; i < all.Length; i++)
        {
            Assert.Equal(
                type == WeightType.F16 ? (float)BitConverter.UInt16BitsToHalf(all[i])
                    : BitConverter.UInt32BitsToSingle((uint)all[i] << 16), singles[i]);
            Assert.True(float.IsNaN(singles[i]) || all[i] == back[i]);
        }
    }

    [Fact]
    public void AllFinite_OneBadNumberAnywhere_IsSeen()
    {
        foreach (var bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            for (var place = 0; place < 19; place++)
            {
                var numbers = new float[19];
                numbers.AsSpan().Fill(float.MaxValue);
                Assert.True(Floats.AllFinite(numbers));
                numbers[place] = bad;
                Assert.False(Floats.AllFinite(numbers));
            }
        }
    }

    [Fact]
    public void CastTensor_ToHalf_ReportsOrSaturatesWhatDoesNotFit()
    {
        var tensor = Tensors.Of("x", [5], 1, 65504, 65519, 65520, float.NegativeInfinity);
        var reported = "";
        CastTensor.To(WeightType.F16, tensor, overflowed: name => reported = name).ReadAll();
        Assert.Equal("x", reported);
        var saturated = MemoryMarshal.Cast<byte, Half>(CastTensor.To(WeightType.F16, tensor, saturate: true).ReadAll());
        Assert.Equal(
            [(Half)1, Half.MaxValue, Half.MaxValue, Half.MaxValue, Half.NegativeInfinity], saturated.ToArray());
    }

    [Fact]
    public void CastTensor_OfIntegers_LeavesThem()
    {
        var tensor = Tensors.Random("x", WeightType.I64, [3]);
        Assert.Same(tensor, CastTensor.To(WeightType.BF16, tensor));
    }
}
