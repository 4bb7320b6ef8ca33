using Caravan.Torch;

namespace Caravan.Kernels.Tests.Quantization;

public sealed class QuantizedLinearTests : IDisposable
{
    private readonly RandomGenerator _generator = new(4);

    public void Dispose() => _generator.Dispose();

    // The last two have more rows than one tile, in steps of 64 rows, and blocks that span rows.
    [Theory]
    [InlineData(1, 3, 7), InlineData(5, 64, 40), InlineData(7, 129, 131), InlineData(9, 1100, 1000)]
    [InlineData(3, 2500, 1001)]
    public void Forward_EqualsTheProductWithTheDequantisedWeight(int tokens, int rows, int columns)
    {
        using var scope = new TensorScope();
        var matrix = Tensor.randn([rows, columns], _generator) / Math.Sqrt(columns);
        var x = Tensor.randn([tokens, columns], _generator);
        using QuantizedWeight nf4 = Nf4Weight.Quantize(matrix), int8 = Int8Weight.Quantize(matrix);
        foreach (var weight in new[] { nf4, int8 })
        {
            Gradients.AssertAllClose(
                Gradients.Of(i => i[0].linear(weight.Dequantize(Dtype.Float32)), x),
                Gradients.Of(i => QuantizedLinear.Forward(i[0], weight), x), tolerance: 1e-5);
            var rounded = x.to(Dtype.BFloat16);
            // bf16 keeps 8 bits of every result.
            Gradients.AssertAllClose(
                Gradients.Of(
                    i => i[0].linear(weight.Dequantize(Dtype.BFloat16).to(Dtype.Float32)), rounded.to(Dtype.Float32)),
                Gradients.Of(i => QuantizedLinear.Forward(i[0], weight), rounded), tolerance: 5e-3);
        }
    }

    [Fact]
    public void Forward_OfANarrowedInput_EqualsThatOfItsCopy()
    {
        using var scope = new TensorScope();
        using var weight = Nf4Weight.Quantize(Tensor.randn([24, 40], _generator));
        var wide = Tensor.randn([6, 80], _generator);
        Gradients.AssertAllClose(
            Gradients.Of(i => QuantizedLinear.Forward(i[0].narrow(1, 40, 40).contiguous(), weight), wide),
            Gradients.Of(i => QuantizedLinear.Forward(i[0].narrow(1, 40, 40), weight), wide), tolerance: 1e-6);
    }

    [Fact]
    public void Forward_OnAGpu_EqualsThatOnTheCpu()
    {
        Assert.SkipUnless(Libtorch.CudaDeviceCount > 0, "needs a CUDA device");
        using var scope = new TensorScope();
        var x = Tensor.randn([5, 1000], _generator);
        using var weight = Nf4Weight.Quantize(Tensor.randn([1100, 1000], _generator));
        using var there = weight.To(Device.Cuda());
        var expected = QuantizedLinear.Forward(x, weight);
        Gradients.AssertClose(
            expected, QuantizedLinear.Forward(x.to(Device.Cuda()), there).to(Device.Cpu), tolerance: 1e-5);
    }
}
