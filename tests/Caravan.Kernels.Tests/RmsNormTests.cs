using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class RmsNormTests : IDisposable
{
    private const double Epsilon = 1e-5;

    private readonly RandomGenerator _generator = new(6);

    public void Dispose() => _generator.Dispose();

    public static TheoryData<int, int> Shapes => new()
    {
        { 1, 16 }, { 3, 1 }, { 7, 33 }, { 0, 32 }, { 65, 288 }, { 513, 130 }, { 3000, 64 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Forward_Float32_EqualsTheComposition(int tokens, int hidden)
    {
        using var scope = new TensorScope();
        var (x, weight) = (Tensor.randn([tokens, hidden], _generator), Tensor.randn([hidden], _generator));
        Gradients.AssertAllClose(
            Gradients.Of(i => RmsNorm.ForwardComposition(i[0], i[1], Epsilon), x, weight),
            Gradients.Of(i => RmsNorm.Forward(i[0], i[1], Epsilon), x, weight), tolerance: 1e-5);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Forward_BFloat16_EqualsFloat32OfTheSameValues(int tokens, int hidden)
    {
        using var scope = new TensorScope();
        var x = Tensor.randn([tokens, hidden], _generator).to(Dtype.BFloat16);
        var weight = Tensor.randn([hidden], _generator).to(Dtype.BFloat16);
        Gradients.AssertAllClose(
            Gradients.Of(i => RmsNorm.ForwardComposition(i[0], i[1], Epsilon),
                x.to(Dtype.Float32), weight.to(Dtype.Float32)),
            Gradients.Of(i => RmsNorm.Forward(i[0], i[1], Epsilon), x, weight), tolerance: 1e-2);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void AddForward_EqualsAdditionThenNormalisation(int tokens, int hidden)
    {
        using var scope = new TensorScope();
        var (a, b) = (Tensor.randn([tokens, hidden], _generator), Tensor.randn([tokens, hidden], _generator));
        var weight = Tensor.randn([hidden], _generator);
        // The sum is used both itself and through its normalisation, as in a transformer's layer.
        Gradients.AssertAllClose(
            Gradients.Of(i => (i[0] + i[1]).mul(RmsNorm.ForwardComposition(i[0] + i[1], i[2], Epsilon)), a, b, weight),
            Gradients.Of(i =>
            {
                var (sum, normalised) = RmsNorm.AddForward(i[0], i[1], i[2], Epsilon);
                return sum.mul(normalised);
            }, a, b, weight), tolerance: 1e-5);
    }

    [Fact]
    public void AddForward_OneOfTheOutputsUnused_StillHasGradients()
    {
        using var scope = new TensorScope();
        var (a, b) = (Tensor.randn([5, 20], _generator), Tensor.randn([5, 20], _generator));
        var weight = Tensor.randn([20], _generator);
        Gradients.AssertAllClose(
            Gradients.Of(i => RmsNorm.ForwardComposition(i[0] + i[1], weight, Epsilon), a, b),
            Gradients.Of(i => RmsNorm.AddForward(i[0], i[1], weight, Epsilon).Normalised, a, b), tolerance: 1e-5);
        Gradients.AssertAllClose(
            Gradients.Of(i => i[0] + i[1], a, b),
            Gradients.Of(i => RmsNorm.AddForward(i[0], i[1], weight, Epsilon).Sum, a, b), tolerance: 1e-6);
    }

    [Theory]
    [InlineData(1e15), InlineData(1e-15), InlineData(0)]
    public void Forward_OfHugeAndTinyRows_EqualsTheComposition(double size)
    {
        using var scope = new TensorScope();
        var (x, weight) = (Tensor.randn([9, 40], _generator) * size, Tensor.randn([40], _generator));
        Gradients.AssertClose(
            RmsNorm.ForwardComposition(x, weight, Epsilon), RmsNorm.Forward(x, weight, Epsilon), 1e-5);
    }

    [Fact]
    public void Forward_OnOneThreadAndOnTwo_GivesTheSameBits()
    {
        using var scope = new TensorScope();
        var (x, weight) = (Tensor.randn([2000, 96], _generator), Tensor.randn([96], _generator));
        var before = Libtorch.Threads;
        Libtorch.Threads = 1;
        var single = Gradients.Of(i => RmsNorm.Forward(i[0], i[1], Epsilon), x, weight);
        Libtorch.Threads = 2;
        Gradients.AssertSame(single, Gradients.Of(i => RmsNorm.Forward(i[0], i[1], Epsilon), x, weight));
        Libtorch.Threads = before;
    }

    [Fact]
    public void Forward_OfANan_IsNan()
    {
        using var scope = new TensorScope();
        var x = Tensor.ones([2, 32]);
        x.Data<float>()[3] = float.NaN;
        var y = RmsNorm.Forward(x, Tensor.ones([32]), Epsilon).Data<float>();
        Assert.True(float.IsNaN(y[0]));
        Assert.Equal(1, y[32], 1e-4);
    }
}
