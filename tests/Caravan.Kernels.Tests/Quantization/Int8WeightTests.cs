using Caravan.Torch;

namespace Caravan.Kernels.Tests.Quantization;

public class Int8WeightTests
{
    [Theory]
    [InlineData(1, 1), InlineData(5, 40), InlineData(17, 131)]
    public void Quantize_RoundsToTheNearestMultipleOfTheRowsScale(int rows, int columns)
    {
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(2);
        var matrix = Tensor.randn([rows, columns], generator);
        matrix.select(0, rows - 1).mul_(100);
        using var weight = Int8Weight.Quantize(matrix);
        var greatest = matrix.abs().max(1, keepdim: true).Values;
        // The same in libtorch's operators; where a product lies between two numbers, fp32 may round either way.
        var expected = (matrix.to(Dtype.Float64) * 127 / greatest.to(Dtype.Float64)).to(Dtype.Float32);
        var found = weight.Parts[0].to(Dtype.Float32);
        Assert.True((found - expected).abs().max().item() <= 0.5 + 1e-4);
        Assert.Equal(127, found.abs().max().item());
        Assert.True(weight.Parts[1].equal((greatest / 127).view(-1)));
    }

    [Theory]
    [InlineData(Dtype.Float32, true), InlineData(Dtype.Float32, false)]
    [InlineData(Dtype.BFloat16, true), InlineData(Dtype.BFloat16, false)]
    public void Dequantize_IsNumberTimesScale(Dtype dtype, bool simd)
    {
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(3);
        using var weight = Int8Weight.Quantize(Tensor.randn([9, 67], generator));
        var expected = weight.Parts[0].to(Dtype.Float32) * weight.Parts[1].unsqueeze(1);
        Assert.True(expected.to(dtype).equal(Nf4WeightTests.With(simd, () => weight.Dequantize(dtype))));
    }

    [Fact]
    public void Quantize_OfARowOfZeros_GivesZeros()
    {
        using var scope = new TensorScope();
        using var weight = Int8Weight.Quantize(Tensor.zeros([2, 20]));
        Assert.Equal(0, weight.Dequantize(Dtype.Float32).abs().max().item());
    }
}
