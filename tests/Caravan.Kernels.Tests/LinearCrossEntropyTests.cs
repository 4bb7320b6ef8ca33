using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class LinearCrossEntropyTests : IDisposable
{
    private readonly RandomGenerator _generator = new(10);

    public void Dispose() => _generator.Dispose();

    // The last two need several chunks.
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 8, 2 }, { 37, 24, 101 }, { 130, 48, 515 }, { 700, 16, 40_000 }, { 300, 8, 100_003 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Sum_Float32_EqualsLogSoftmaxOfAllLogits(int tokens, int hidden, int vocabulary)
    {
        using var scope = new TensorScope();
        var (inputs, targets) = Inputs(tokens, hidden, vocabulary);
        Gradients.AssertAllClose(
            Gradients.Of(x => Reference(x[0], x[1], targets).sum().neg(), inputs),
            Gradients.Of(x => LinearCrossEntropy.Sum(x[0], x[1], targets), inputs), tolerance: 2e-5);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Sum_BFloat16_EqualsFloat32OfTheSameValues(int tokens, int hidden, int vocabulary)
    {
        using var scope = new TensorScope();
        var (inputs, targets) = Inputs(tokens, hidden, vocabulary, Dtype.BFloat16);
        Tensor[] exact = [.. inputs.Select(input => input.to(Dtype.Float32))];
        Gradients.AssertAllClose(
            Gradients.Of(x => Reference(x[0], x[1], targets).sum().neg(), exact),
            Gradients.Of(x => LinearCrossEntropy.Sum(x[0], x[1], targets), inputs), tolerance: 2e-2);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void TokenLogProbabilities_WithGradients_EqualLogSoftmax(int tokens, int hidden, int vocabulary)
    {
        using var scope = new TensorScope();
        var (inputs, targets) = Inputs(tokens, hidden, vocabulary);
        var expected = Gradients.Of(x => Reference(x[0], x[1], targets), inputs);
        Gradients.AssertAllClose(expected, Gradients.Of(
            x => LinearCrossEntropy.TokenLogProbabilities(x[0], x[1], targets, withGradients: true), inputs), 2e-5);
        Gradients.AssertClose(
            expected[0], LinearCrossEntropy.TokenLogProbabilities(inputs[0], inputs[1], targets), 1e-5);
    }

    [Fact]
    public void Sum_OfTheComposition_EqualsTheSimdCode()
    {
        using var scope = new TensorScope();
        var (inputs, targets) = Inputs(90, 32, 300);
        var simd = Gradients.Of(x => LinearCrossEntropy.Sum(x[0], x[1], targets), inputs);
        KernelSelection.SimdEnabled = false;
        try
        {
            Gradients.AssertAllClose(
                Gradients.Of(x => LinearCrossEntropy.Sum(x[0], x[1], targets), inputs), simd, 1e-5);
        }
        finally
        {
            KernelSelection.SimdEnabled = true;
        }
    }

    [Fact]
    public void Sum_NoTokenWithATarget_IsZeroWithZeroGradients()
    {
        using var scope = new TensorScope();
        var (inputs, _) = Inputs(12, 8, 20);
        var targets = Tensor.full([12], LinearCrossEntropy.IgnoreIndex, Dtype.Int64);
        var results = Gradients.Of(x => LinearCrossEntropy.Sum(x[0], x[1], targets), inputs);
        Assert.All(results, result => Assert.Equal(0, result.abs().max().item()));
    }

    [Fact]
    public void Sum_OfAFrozenWeight_HasTheSameGradientOfTheHiddenStates()
    {
        using var scope = new TensorScope();
        var (inputs, targets) = Inputs(40, 16, 64);
        var both = Gradients.Of(x => LinearCrossEntropy.Sum(x[0], x[1], targets), inputs);
        var one = Gradients.Of(x => LinearCrossEntropy.Sum(x[0], inputs[1], targets), inputs[0]);
        Gradients.AssertSame([both[0], both[1]], one);
    }

    [Fact]
    public void Sum_OfHugeLogits_StaysFinite()
    {
        using var scope = new TensorScope();
        var (inputs, targets) = Inputs(20, 16, 50);
        inputs[0] = inputs[0] * 1e4;
        Gradients.AssertAllClose(
            Gradients.Of(x => Reference(x[0], x[1], targets).sum().neg(), inputs),
            Gradients.Of(x => LinearCrossEntropy.Sum(x[0], x[1], targets), inputs), tolerance: 1e-4);
    }

    [Theory]
    [InlineData(20), InlineData(-1)]
    public void Sum_ATargetOutsideTheVocabulary_SaysWhich(long target)
    {
        using var scope = new TensorScope();
        var (inputs, targets) = Inputs(4, 8, 20);
        targets.Data<long>()[2] = target;
        var error = Assert.Throws<ArgumentException>(() => LinearCrossEntropy.Sum(inputs[0], inputs[1], targets));
        Assert.Contains($"target {target} of token 2", error.Message);
    }

    // log softmax(hidden · weightᵀ)[target], 0 for the tokens without one.
    private static Tensor Reference(Tensor hidden, Tensor weight, Tensor targets)
    {
        var carried = targets.ne(LinearCrossEntropy.IgnoreIndex);
        return hidden.matmul(weight.t()).log_softmax(1).gather(1, targets.mul(carried).unsqueeze(1)).squeeze(1)
            .mul(carried.to(Dtype.Float32));
    }

    // About half of the tokens carry a target; the first one always.
    private (Tensor[] Inputs, Tensor Targets) Inputs(
        int tokens, int hidden, int vocabulary, Dtype dtype = Dtype.Float32)
    {
        var random = new Random(tokens);
        var targets = new long[tokens];
        for (var i = 0; i < tokens; i++)
            targets[i] = i > 0 && random.Next(2) == 0 ? LinearCrossEntropy.IgnoreIndex : random.Next(vocabulary);
        Tensor[] inputs =
        [
            Tensor.randn([tokens, hidden], _generator).to(dtype),
            (Tensor.randn([vocabulary, hidden], _generator) * 0.5).to(dtype),
        ];
        return (inputs, Tensor.tensor(targets));
    }
}
