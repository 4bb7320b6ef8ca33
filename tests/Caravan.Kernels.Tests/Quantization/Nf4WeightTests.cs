using Caravan.Torch;

namespace Caravan.Kernels.Tests.Quantization;

/// <summary>Against <c>tests/golden/nf4</c>, which NumPy computed; its script states what must be equal.</summary>
public class Nf4WeightTests
{
    [Theory]
    [InlineData("small"), InlineData("zeros"), InlineData("large"), InlineData("lora")]
    public void Quantize_GivesTheGoldenCodesAndScales(string name)
    {
        using var scope = new TensorScope();
        using var golden = new GoldenTensors($"{name}.safetensors");
        using var exact = Nf4Weight.Quantize(golden["weight"], doubleQuantization: false);
        Assert.Equal(golden["packed"].view(-1).Data<byte>().ToArray(), exact.Packed.Data<byte>().ToArray());
        AssertSame(golden["absmax"], exact.Scales.Parts[0]);

        using var twice = Nf4Weight.Quantize(golden["weight"]);
        AssertSame(golden["packed"].view(-1), twice.Packed);
        AssertSame(golden["double.absmax"], twice.Scales.Parts[0]);
        AssertSame(golden["double.nested_absmax"], twice.Scales.Parts[1]);
        Assert.Equal(golden["double.nested_offset"].item(), twice.Scales.Offset, 2e-7 * Math.Abs(twice.Scales.Offset));
    }

    [Theory]
    [InlineData("small", true), InlineData("zeros", true), InlineData("large", true)]
    [InlineData("small", false), InlineData("zeros", false), InlineData("large", false)]
    public void Dequantize_GivesTheGoldenNumbers(string name, bool simd)
    {
        using var scope = new TensorScope();
        using var golden = new GoldenTensors($"{name}.safetensors");
        var (weight, dequantized) = (golden["weight"], golden["dequantised"]);
        var (rows, columns) = (weight.Size(0), weight.Size(1));
        using var exact = new Nf4Weight(rows, columns, golden["packed"].view(-1), BlockScales.Exact(golden["absmax"]));
        AssertSame(dequantized, With(simd, () => exact.Dequantize(Dtype.Float32)));
        AssertSame(dequantized.to(Dtype.BFloat16), With(simd, () => exact.Dequantize(Dtype.BFloat16)));

        using var twice = new Nf4Weight(
            rows, columns, golden["packed"].view(-1), BlockScales.Quantized(
                golden["double.absmax"], golden["double.nested_absmax"], (float)golden["double.nested_offset"].item()));
        var scales = golden["double.restored_absmax"];
        var each = scales.repeat_interleave(64, 0).narrow(0, 0, weight.Count).view(rows, columns);
        var found = With(simd, () => twice.Dequantize(Dtype.Float32));
        // Of the scale, as the script says for restored_absmax; levels are at most 1.
        var excess = (found - Levels(exact) * each).abs() - (each.abs() * 1e-6 + 5e-7);
        Assert.True(excess.max().item() <= 0);
    }

    [Fact]
    public void Quantize_OfThePublishedExample_GivesItsBytes()
    {
        using var scope = new TensorScope();
        using var golden = new GoldenTensors("codes.safetensors");
        using var weight = Nf4Weight.Quantize(golden["example.weight"].view(1, 6));
        Assert.Equal([0x02, 0x7a, 0xcf], weight.Packed.Data<byte>().ToArray());
        AssertSame(golden["example.packed"], weight.Packed);
    }

    [Fact]
    public void Quantize_OfBfloat16_EqualsThatOfTheSameNumbersInFloat32()
    {
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(1);
        var weight = Tensor.randn([33, 70], generator).to(Dtype.BFloat16);
        using var narrow = Nf4Weight.Quantize(weight);
        using var wide = Nf4Weight.Quantize(weight.to(Dtype.Float32));
        AssertSame(wide.Packed, narrow.Packed);
        AssertSame(wide.Dequantize(Dtype.Float32), narrow.Dequantize(Dtype.Float32));
    }

    [Fact]
    public void ByteLength_OfALargeMatrix_IsWhatTheFormatPromises()
    {
        using var scope = new TensorScope();
        using var weight = Nf4Weight.Quantize(Tensor.zeros([1024, 1024]));
        // 4 bits a weight, 8 for 64, 32 for 64 · 256; the two code books are 3 KiB.
        Assert.InRange(weight.ByteLength * 8.0 / (1 << 20), 4.126, 4.126 + 3 * 1024 * 8.0 / (1 << 20) + 0.002);
    }

    [Theory]
    [InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void IsFinite_WithANumberThatIsNot_IsFalse(float number)
    {
        using var scope = new TensorScope();
        var values = new float[300];
        values[130] = number;
        using var nf4 = Nf4Weight.Quantize(Tensor.tensor(values, 3, 100));
        using var int8 = Int8Weight.Quantize(Tensor.tensor(values, 3, 100));
        using var fine = Nf4Weight.Quantize(Tensor.ones([3, 100]));
        Assert.False(nf4.IsFinite);
        Assert.False(int8.IsFinite);
        Assert.True(fine.IsFinite);
    }

    // The levels that the codes stand for: what scales of 1 give.
    private static Tensor Levels(Nf4Weight weight)
    {
        using var ones = new Nf4Weight(
            weight.Rows, weight.Columns, weight.Packed.clone(), BlockScales.Exact(Tensor.ones([weight.Scales.Count])));
        return ones.Dequantize(Dtype.Float32);
    }

    internal static Tensor With(bool simd, Func<Tensor> compute)
    {
        var before = KernelSelection.SimdEnabled;
        try
        {
            KernelSelection.SimdEnabled = simd && before;
            return compute();
        }
        finally
        {
            KernelSelection.SimdEnabled = before;
        }
    }

    private static void AssertSame(Tensor expected, Tensor actual) =>
        Assert.True(expected.equal(actual), $"expected {expected}, found {actual} with other values");
}
