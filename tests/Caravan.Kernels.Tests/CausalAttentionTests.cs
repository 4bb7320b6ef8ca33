using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class CausalAttentionTests : IDisposable
{
    private readonly RandomGenerator _generator = new(5);

    public void Dispose() => _generator.Dispose();

    // What bf16 comes out as with tile registers, where the machine has them, and without.
    private static void AssertWithAndWithoutTiles(Action assert)
    {
        var before = KernelSelection.TilesEnabled;
        try
        {
            KernelSelection.TilesEnabled = false;
            assert();
            KernelSelection.TilesEnabled = BFloat16Tiles.Available;
            assert();
        }
        finally
        {
            KernelSelection.TilesEnabled = before;
        }
    }

    public static TheoryData<int, int, int, int[]> Shapes => new()
    {
        { 1, 1, 8, [1] },
        { 2, 2, 16, [1, 1, 1] },
        { 4, 2, 32, [40, 37, 1, 41, 16, 3] },
        { 6, 6, 48, [17, 64, 5] },
        { 4, 1, 64, [65, 63, 128] },
        { 2, 1, 80, [0, 33, 0, 0, 12, 0] },
        { 3, 3, 20, [130, 7] },
        { 2, 2, 13, [49] },
        { 1, 1, 256, [90] },
        { 2, 1, 64, [700] },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Forward_Float32_EqualsTheComposition(int heads, int keyValueHeads, int headDim, int[] lengths)
    {
        using var scope = new TensorScope();
        var (inputs, boundaries, scale) = Inputs(heads, keyValueHeads, headDim, lengths, Dtype.Float32);
        Gradients.AssertAllClose(
            Gradients.Of(x => CausalAttention.ForwardComposition(x[0], x[1], x[2], boundaries, scale), inputs),
            Gradients.Of(x => CausalAttention.Forward(x[0], x[1], x[2], boundaries, scale), inputs),
            tolerance: 1e-5);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Forward_BFloat16_EqualsFloat32OfTheSameValues(
        int heads, int keyValueHeads, int headDim, int[] lengths)
    {
        using var scope = new TensorScope();
        var (inputs, boundaries, scale) = Inputs(heads, keyValueHeads, headDim, lengths, Dtype.BFloat16);
        Tensor[] exact = [.. inputs.Select(input => input.to(Dtype.Float32))];
        var expected = Gradients.Of(
            x => CausalAttention.ForwardComposition(x[0], x[1], x[2], boundaries, scale), exact);
        AssertWithAndWithoutTiles(() => Gradients.AssertAllClose(
            expected, Gradients.Of(x => CausalAttention.Forward(x[0], x[1], x[2], boundaries, scale), inputs),
            tolerance: 1e-2));
    }

    public static TheoryData<int, int, int, int, int[]> Windows => new()
    {
        { 1, 1, 1, 8, [1] },
        { 1, 2, 1, 16, [70, 3] },
        { 5, 4, 2, 32, [40, 4, 1, 5, 6, 130] },
        { 64, 2, 2, 48, [64, 65, 200] },
        { 65, 2, 1, 20, [129, 64] },
        { 100, 4, 2, 32, [700] },
        { 1, 2, 1, 32, [300] },
        { 1000, 2, 2, 16, [90, 10] },
    };

    [Theory, MemberData(nameof(Windows))]
    public void Forward_WithAWindow_EqualsTheComposition(
        int window, int heads, int keyValueHeads, int headDim, int[] lengths)
    {
        using var scope = new TensorScope();
        var (inputs, boundaries, scale) = Inputs(heads, keyValueHeads, headDim, lengths, Dtype.Float32);
        Gradients.AssertAllClose(
            Gradients.Of(x => CausalAttention.ForwardComposition(x[0], x[1], x[2], boundaries, scale, window), inputs),
            Gradients.Of(x => CausalAttention.Forward(x[0], x[1], x[2], boundaries, scale, window), inputs),
            // With a window of one the gradient of the queries is zero, the difference of two equal sums.
            tolerance: 2e-5);

        (inputs, _, _) = Inputs(heads, keyValueHeads, headDim, lengths, Dtype.BFloat16);
        Tensor[] exact = [.. inputs.Select(input => input.to(Dtype.Float32))];
        var expected = Gradients.Of(
            x => CausalAttention.ForwardComposition(x[0], x[1], x[2], boundaries, scale, window), exact);
        AssertWithAndWithoutTiles(() => Gradients.AssertAllClose(
            expected, Gradients.Of(x => CausalAttention.Forward(x[0], x[1], x[2], boundaries, scale, window), inputs),
            tolerance: 1e-2));
    }

    [Theory]
    [InlineData(1, 1, null), InlineData(30, 30, null), InlineData(1, 90, null), InlineData(70, 200, null)]
    [InlineData(600, 1300, null), InlineData(1, 90, 17), InlineData(70, 200, 66), InlineData(600, 1300, 50)]
    public void Attend_EqualsTheComposition(int queries, int keys, int? window)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        var (inputs, _, scale) = Inputs(4, 2, 24, [keys], Dtype.Float32);
        var q = inputs[0].narrow(0, keys - queries, queries);
        Gradients.AssertClose(
            CausalAttention.AttendComposition(q, inputs[1], inputs[2], scale, window),
            CausalAttention.Attend(q, inputs[1], inputs[2], scale, window), 1e-5);
    }

    [Fact]
    public void Forward_AWindowThatHidesEveryToken_Throws()
    {
        using var scope = new TensorScope();
        var (inputs, boundaries, _) = Inputs(2, 2, 16, [8], Dtype.Float32);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => CausalAttention.Forward(inputs[0], inputs[1], inputs[2], boundaries, 1, window: 0));
    }

    [Theory]
    [InlineData(Dtype.Float32), InlineData(Dtype.BFloat16)]
    public void Forward_OnOneThreadAndOnTwo_GivesTheSameBits(Dtype dtype)
    {
        using var scope = new TensorScope();
        var (inputs, boundaries, scale) = Inputs(4, 2, 32, [600, 40, 39, 90], dtype);
        var before = Libtorch.Threads;
        Tensor[] Run(int threads)
        {
            Libtorch.Threads = threads;
            return Gradients.Of(x => CausalAttention.Forward(x[0], x[1], x[2], boundaries, scale), inputs);
        }
        var single = Run(1);
        Gradients.AssertSame(single, Run(2));
        Gradients.AssertSame(single, Run(2));
        Libtorch.Threads = before;
    }

    [Theory]
    [InlineData(Dtype.Float32), InlineData(Dtype.BFloat16)]
    public void Forward_OfPackedDocuments_EqualsEachAlone(Dtype dtype)
    {
        using var scope = new TensorScope();
        int[] lengths = [5, 70, 1, 33, 140];
        var (inputs, boundaries, scale) = Inputs(4, 2, 32, lengths, dtype);
        var packed = CausalAttention.Forward(inputs[0], inputs[1], inputs[2], boundaries, scale);
        for (var i = 0; i < lengths.Length; i++)
        {
            Tensor Part(Tensor x) => x.narrow(0, boundaries.Start(i), lengths[i]);
            var alone = CausalAttention.Forward(
                Part(inputs[0]), Part(inputs[1]), Part(inputs[2]), SequenceBoundaries.Single(lengths[i]), scale);
            Assert.True(alone.equal(Part(packed)));
        }
    }

    // Queries make scores up to some 16 · size. A score's rounding error grows with the score, until one score is far
    // above all others. Gradients of scores are then zero, as differences of numbers up to 10; keys' gradients are those
    // of scores times queries.
    [Theory]
    [InlineData(Dtype.Float32, 1e4, 2e-3), InlineData(Dtype.Float32, 1e10, 1e-5)]
    [InlineData(Dtype.Float32, 1e20, 1e-5), InlineData(Dtype.Float32, 1e37, 1e-5)]
    [InlineData(Dtype.Float32, 1e-30, 1e-5), InlineData(Dtype.Float32, 0, 1e-5)]
    [InlineData(Dtype.BFloat16, 1e4, 1e-2), InlineData(Dtype.BFloat16, 1e10, 1e-2)]
    [InlineData(Dtype.BFloat16, 1e20, 1e-2), InlineData(Dtype.BFloat16, 1e37, 1e-2)]
    [InlineData(Dtype.BFloat16, 1e-30, 1e-2), InlineData(Dtype.BFloat16, 0, 1e-2)]
    public void Forward_OfHugeAndTinyScores_StaysExact(Dtype dtype, double size, double tolerance)
    {
        using var scope = new TensorScope();
        var (inputs, boundaries, scale) = Inputs(2, 2, 16, [50, 20, 1, 140], dtype);
        inputs[0] = inputs[0] * size;
        Tensor[] exact = [.. inputs.Select(input => input.to(Dtype.Float32))];
        var expected = Gradients.Of(
            x => CausalAttention.ForwardComposition(x[0], x[1], x[2], boundaries, scale), exact);
        AssertWithAndWithoutTiles(() =>
        {
            var actual = Gradients.Of(x => CausalAttention.Forward(x[0], x[1], x[2], boundaries, scale), inputs);
            Assert.All(actual, tensor => Assert.True(tensor.isfinite().all().item() != 0));
            Gradients.AssertClose(expected[0], actual[0], tolerance, "output");
            Gradients.AssertClose(expected[1], actual[1], 5 * tolerance, "gradient of the queries");
            Gradients.AssertClose(OfUnit(expected[2]), OfUnit(actual[2]), 5 * tolerance, "gradient of the keys");
            Gradients.AssertClose(expected[3], actual[3], tolerance, "gradient of the values");
        });

        Tensor OfUnit(Tensor gradient) => gradient / Math.Max(1, size);
    }

    [Theory]
    [InlineData(0), InlineData(-1), InlineData(double.NaN)]
    public void Forward_AFactorOfScoresThatIsNotPositive_Throws(double scale)
    {
        using var scope = new TensorScope();
        var (inputs, boundaries, _) = Inputs(2, 2, 16, [8], Dtype.Float32);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => CausalAttention.Forward(inputs[0], inputs[1], inputs[2], boundaries, scale));
    }

    [Fact]
    public void Forward_OfTransposedInputs_EqualsThatOfContiguousOnes()
    {
        using var scope = new TensorScope();
        var (inputs, boundaries, scale) = Inputs(4, 4, 32, [30, 30], Dtype.Float32);
        Tensor[] transposed = [.. inputs.Select(x => x.transpose(0, 1).contiguous().transpose(0, 1))];
        Assert.False(transposed[0].IsContiguous);
        Assert.True(CausalAttention.Forward(inputs[0], inputs[1], inputs[2], boundaries, scale).equal(
            CausalAttention.Forward(transposed[0], transposed[1], transposed[2], boundaries, scale)));
    }

    [Fact]
    public void Forward_BoundariesOfOtherTokens_Throws()
    {
        using var scope = new TensorScope();
        var (inputs, _, _) = Inputs(2, 2, 16, [8], Dtype.Float32);
        Assert.Throws<ArgumentException>(
            () => CausalAttention.Forward(inputs[0], inputs[1], inputs[2], SequenceBoundaries.Single(9), 1));
    }

    [Theory]
    [InlineData(Dtype.Float32, 1e-5), InlineData(Dtype.BFloat16, 1e-2)]
    public void Decode_EqualsTheComposition(Dtype dtype, double tolerance)
    {
        using var scope = new TensorScope();
        using var noGradients = GradientMode.Disable();
        int[] lengths = [1, 17, 40, 5];
        foreach (var headDim in new[] { 8, 32, 40 })
        {
            var queries = Tensor.randn([4, 6, headDim], _generator).to(dtype);
            var keys = Tensor.randn([4, 2, 40, headDim], _generator).to(dtype);
            var values = Tensor.randn([4, 2, 40, headDim], _generator).to(dtype);
            Tensor Exact(Tensor x) => x.to(Dtype.Float32);
            foreach (int? window in new int?[] { null, 1, 16, 100 })
            {
                Gradients.AssertClose(
                    CausalAttention.DecodeComposition(Exact(queries), Exact(keys), Exact(values), lengths, 0.3, window),
                    CausalAttention.Decode(queries, keys, values, lengths, 0.3, window), tolerance);
            }
        }
    }

    private (Tensor[] Inputs, SequenceBoundaries Boundaries, double Scale) Inputs(
        int heads, int keyValueHeads, int headDim, int[] lengths, Dtype dtype)
    {
        var offsets = new int[lengths.Length + 1];
        for (var i = 0; i < lengths.Length; i++)
            offsets[i + 1] = offsets[i] + lengths[i];
        Tensor[] inputs =
        [
            Tensor.randn([offsets[^1], heads, headDim], _generator).to(dtype),
            Tensor.randn([offsets[^1], keyValueHeads, headDim], _generator).to(dtype),
            Tensor.randn([offsets[^1], keyValueHeads, headDim], _generator).to(dtype),
        ];
        return (inputs, new SequenceBoundaries(offsets), 1 / Math.Sqrt(headDim));
    }
}
