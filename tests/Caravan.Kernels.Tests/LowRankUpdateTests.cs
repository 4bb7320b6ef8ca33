using Caravan.Torch;

namespace Caravan.Kernels.Tests;

/// <summary>Against libtorch's own gradients of the composition in fp32.</summary>
public sealed class LowRankUpdateTests : IDisposable
{
    private const double Scale = 0.5, Share = 0.3;
    private const ulong Key = 0x0123_4567_89ab_cdef;

    private readonly RandomGenerator _generator = new(21);

    public void Dispose() => _generator.Dispose();

    [Theory]
    [InlineData(33, 40, 56, 8, 0), InlineData(64, 96, 64, 32, 0)]
    [InlineData(33, 40, 56, 8, Share), InlineData(1, 5, 3, 2, Share)]
    public void Add_AndItsGradients_EqualTheComposition(int tokens, int inputs, int outputs, int rank, double dropout)
    {
        using var scope = new TensorScope();
        Tensor[] values =
        [
            Tensor.randn([tokens, outputs], _generator), Tensor.randn([tokens, inputs], _generator),
            Tensor.randn([rank, inputs], _generator), Tensor.randn([outputs, rank], _generator),
        ];
        var expected = Gradients.Of(i =>
        {
            var dropped = dropout > 0 ? Dropout.Forward(i[1], dropout, Key) : i[1];
            return i[0] + (dropped.linear(i[2]) * Scale).linear(i[3]);
        }, values);
        Gradients.AssertAllClose(
            expected, Gradients.Of(i => LowRankUpdate.Add(i[0], i[1], i[2], i[3], Scale, dropout, Key), values),
            tolerance: 1e-5);
        // Rounding x, the inner values and the result to 8 bits.
        Tensor[] rounded = [values[0].to(Dtype.BFloat16), values[1].to(Dtype.BFloat16), values[2], values[3]];
        Gradients.AssertAllClose(
            expected, Gradients.Of(i => LowRankUpdate.Add(i[0], i[1], i[2], i[3], Scale, dropout, Key), rounded),
            tolerance: 2e-2);
    }

    [Fact]
    public void Add_KeepsTheInputItWasGiven_AndNothingElseOfItsSize()
    {
        using var scope = new TensorScope();
        const int Tokens = 4096, Width = 512, Rank = 8;
        var x = Tensor.randn([Tokens, Width], _generator);
        x.RequiresGrad = true;
        var (a, b) = (Tensor.randn([Rank, Width], _generator), Tensor.randn([64, Rank], _generator));
        a.RequiresGrad = true;
        var output = Tensor.zeros([Tokens, 64]);
        var before = TensorMemory.Live;
        var sum = LowRankUpdate.Add(output, x, a, b, Scale, Share, Key);
        // The result [tokens, 64] and the inner values [tokens, 8].
        Assert.InRange(TensorMemory.Live - before, 4L * Tokens * (64 + Rank), 4L * Tokens * (64 + Rank) + 10_000);
        Assert.True(sum.RequiresGrad);
    }
}
