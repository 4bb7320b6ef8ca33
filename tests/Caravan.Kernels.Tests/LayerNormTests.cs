using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class LayerNormTests : IDisposable
{
    private const double Epsilon = 1e-5;

    private readonly RandomGenerator _generator = new(9);

    public void Dispose() => _generator.Dispose();

    public static TheoryData<int, int> Shapes => new()
    {
        { 1, 16 }, { 3, 1 }, { 7, 33 }, { 0, 32 }, { 65, 288 }, { 513, 130 }, { 3000, 64 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Forward_EqualsTheComposition(int tokens, int hidden)
    {
        using var scope = new TensorScope();
        var inputs = Inputs(tokens, hidden);
        Gradients.AssertAllClose(
            Gradients.Of(i => LayerNorm.ForwardComposition(i[0], i[1], i[2], Epsilon), inputs),
            Gradients.Of(i => LayerNorm.Forward(i[0], i[1], i[2], Epsilon), inputs), tolerance: 2e-5);

        Tensor[] rounded = [.. inputs.Select(input => input.to(Dtype.BFloat16))];
        Gradients.AssertAllClose(
            Gradients.Of(i => LayerNorm.ForwardComposition(i[0], i[1], i[2], Epsilon),
                [.. rounded.Select(input => input.to(Dtype.Float32))]),
            Gradients.Of(i => LayerNorm.Forward(i[0], i[1], i[2], Epsilon), rounded), tolerance: 1e-2);
    }

    [Theory]
    [InlineData(false, false), InlineData(true, false), InlineData(false, true)]
    public void Forward_WithoutWeightOrBias_EqualsTheComposition(bool hasWeight, bool hasBias)
    {
        using var scope = new TensorScope();
        var all = Inputs(40, 50);
        List<Tensor> inputs = [all[0]];
        if (hasWeight)
            inputs.Add(all[1]);
        if (hasBias)
            inputs.Add(all[2]);
        Tensor? Weight(Tensor[] x) => hasWeight ? x[1] : null;
        Tensor? Bias(Tensor[] x) => hasBias ? x[^1] : null;
        Gradients.AssertAllClose(
            Gradients.Of(i => LayerNorm.ForwardComposition(i[0], Weight(i), Bias(i), Epsilon), [.. inputs]),
            Gradients.Of(i => LayerNorm.Forward(i[0], Weight(i), Bias(i), Epsilon), [.. inputs]), tolerance: 2e-5);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void AddForward_EqualsAdditionThenNormalisation(int tokens, int hidden)
    {
        using var scope = new TensorScope();
        Tensor[] inputs = [Tensor.randn([tokens, hidden], _generator), .. Inputs(tokens, hidden)];
        // The sum is used both itself and through its normalisation, as in a transformer's layer.
        Gradients.AssertAllClose(
            Gradients.Of(i => (i[0] + i[1]).mul(
                LayerNorm.ForwardComposition(i[0] + i[1], i[2], i[3], Epsilon)), inputs),
            Gradients.Of(i =>
            {
                var (sum, normalised) = LayerNorm.AddForward(i[0], i[1], i[2], i[3], Epsilon);
                return sum.mul(normalised);
            }, inputs), tolerance: 2e-5);
    }

    [Fact]
    public void AddForward_NormalisationUnused_StillHasGradients()
    {
        using var scope = new TensorScope();
        var inputs = Inputs(5, 20);
        Gradients.AssertAllClose(
            Gradients.Of(i => i[0] + i[0], inputs[0]),
            Gradients.Of(i => LayerNorm.AddForward(i[0], i[0], inputs[1], inputs[2], Epsilon).Sum, inputs[0]),
            tolerance: 1e-6);
    }

    [Theory]
    [InlineData(1e15), InlineData(1e-15), InlineData(0)]
    public void Forward_OfHugeAndTinyRows_EqualsTheComposition(double size)
    {
        using var scope = new TensorScope();
        var inputs = Inputs(9, 40);
        inputs[0] = inputs[0] * size;
        Gradients.AssertClose(
            LayerNorm.ForwardComposition(inputs[0], inputs[1], inputs[2], Epsilon),
            LayerNorm.Forward(inputs[0], inputs[1], inputs[2], Epsilon), 1e-5);
    }

    [Fact]
    public void Forward_OnOneThreadAndOnTwo_GivesTheSameBits()
    {
        using var scope = new TensorScope();
        var inputs = Inputs(2000, 96);
        var before = Libtorch.Threads;
        Libtorch.Threads = 1;
        var single = Gradients.Of(i => LayerNorm.Forward(i[0], i[1], i[2], Epsilon), inputs);
        Libtorch.Threads = 2;
        Gradients.AssertSame(single, Gradients.Of(i => LayerNorm.Forward(i[0], i[1], i[2], Epsilon), inputs));
        Libtorch.Threads = before;
    }

    [Fact]
    public void Forward_OfATransposedInput_EqualsThatOfAContiguousOne()
    {
        using var scope = new TensorScope();
        var inputs = Inputs(30, 20);
        var transposed = inputs[0].t().contiguous().t();
        Assert.False(transposed.IsContiguous);
        Assert.True(LayerNorm.Forward(inputs[0], null, null, Epsilon).equal(
            LayerNorm.Forward(transposed, null, null, Epsilon)));
    }

    [Fact]
    public void Forward_AWeightOfAnotherWidth_Throws()
    {
        using var scope = new TensorScope();
        Assert.Throws<ArgumentException>(
            () => LayerNorm.Forward(Tensor.ones([3, 8]), Tensor.ones([7]), null, Epsilon));
    }

    private Tensor[] Inputs(int tokens, int hidden) =>
    [
        Tensor.randn([tokens, hidden], _generator) + 0.5, Tensor.randn([hidden], _generator),
        Tensor.randn([hidden], _generator),
    ];
}
