using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class DropoutTests : IDisposable
{
    private readonly RandomGenerator _generator = new(12);

    public void Dispose() => _generator.Dispose();

    [Theory]
    [InlineData(1, 1), InlineData(3, 17), InlineData(64, 352), InlineData(0, 8)]
    public void Forward_EqualsTheComposition(int tokens, int width)
    {
        using var scope = new TensorScope();
        var x = Tensor.randn([tokens, width], _generator);
        foreach (var input in new[] { x, x.to(Dtype.BFloat16) })
        {
            var mask = new Elementwise.DropoutMask(0.3, 0x0123_4567_89ab_cdef);
            Gradients.AssertSame(
                Gradients.Of(i => Dropout.ForwardComposition(i[0], mask), input),
                Gradients.Of(i => Dropout.Forward(i[0], 0.3, 0x0123_4567_89ab_cdef), input));
        }
    }

    [Fact]
    public void Forward_DropsTheShareAskedFor_AndScalesTheRest()
    {
        using var scope = new TensorScope();
        var dropped = Dropout.Forward(Tensor.ones([1000, 1000]), 0.1, 7);
        // One standard deviation of the share of zeros is 0.0003.
        Assert.Equal(0.1, dropped.eq(0).to(Dtype.Float32).mean().item(), 0.0015);
        Assert.Equal((float)(1 / 0.9), dropped.max().item());
    }

    [Fact]
    public void Forward_WithAnotherKey_DropsOthers()
    {
        using var scope = new TensorScope();
        var ones = Tensor.ones([100_000]);
        Tensor Kept(ulong key) => Dropout.Forward(ones, 0.5, key).ne(0);
        Assert.True(Kept(1).equal(Kept(1)));
        // Independent halves agree on a half of the elements; one standard deviation is 0.0016. Keys that differ in one
        // bit, low or high, are as independent as any.
        foreach (var other in new[] { 2UL, 3UL, 1UL << 32 | 1, ulong.MaxValue })
        {
            var same = Kept(1).to(Dtype.Float32).eq(Kept(other).to(Dtype.Float32)).to(Dtype.Float32);
            Assert.Equal(0.5, same.mean().item(), 0.008);
        }
    }

    [Theory]
    [InlineData(-0.1), InlineData(1.0)]
    public void Forward_WithAnImpossibleShare_IsRefused(double probability)
    {
        using var scope = new TensorScope();
        Assert.Throws<ArgumentOutOfRangeException>(() => Dropout.Forward(Tensor.ones([2]), probability, 0));
    }
}
