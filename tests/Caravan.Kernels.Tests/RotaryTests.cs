using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class RotaryTests : IDisposable
{
    private readonly RandomGenerator _generator = new(7);

    public void Dispose() => _generator.Dispose();

    [Theory]
    [InlineData(1, 1, 2, 2), InlineData(5, 3, 16, 16), InlineData(300, 4, 32, 32), InlineData(17, 2, 50, 50)]
    [InlineData(70, 6, 48, 48), InlineData(9, 2, 64, 16), InlineData(4, 3, 80, 20), InlineData(6, 1, 7, 4)]
    public void Apply_EqualsTheComposition(int tokens, int heads, int headDim, int rotated)
    {
        using var scope = new TensorScope();
        var x = Tensor.randn([tokens, heads, headDim], _generator);
        var angles = Tensor.randn([tokens, rotated / 2], _generator);
        var (cos, sin) = (angles.cos(), angles.sin());
        var expected = Gradients.Of(i => Rotary.ApplyComposition(i[0], cos, sin), x);
        Gradients.AssertAllClose(expected, Gradients.Of(i => Rotary.Apply(i[0], cos, sin), x), tolerance: 1e-6);

        var rounded = x.to(Dtype.BFloat16);
        expected = Gradients.Of(i => Rotary.ApplyComposition(i[0], cos, sin), rounded.to(Dtype.Float32));
        Gradients.AssertAllClose(expected, Gradients.Of(i => Rotary.Apply(i[0], cos, sin), rounded), tolerance: 5e-3);
    }

    [Fact]
    public void Apply_KeepsTheLengthOfEveryPair()
    {
        using var scope = new TensorScope();
        var x = Tensor.randn([40, 2, 8], _generator);
        var angles = Tensor.randn([40, 4], _generator);
        var y = Rotary.Apply(x, angles.cos(), angles.sin());
        Tensor Lengths(Tensor t) => t.narrow(2, 0, 4).pow(2) + t.narrow(2, 4, 4).pow(2);
        Gradients.AssertClose(Lengths(x), Lengths(y), 1e-6);
    }

    [Fact]
    public void Apply_AnglesOfAnotherShape_Throws()
    {
        using var scope = new TensorScope();
        var x = Tensor.zeros([4, 2, 8]);
        Assert.Throws<ArgumentException>(() => Rotary.Apply(x, Tensor.zeros([4, 8]), Tensor.zeros([4, 8])));
    }
}
