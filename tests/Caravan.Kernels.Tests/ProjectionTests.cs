using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class ProjectionTests : IDisposable
{
    private readonly RandomGenerator _generator = new(12);

    public void Dispose() => _generator.Dispose();

    // Around the edges of tiles (16), panels (32), and of what is summed at once (2048).
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 16, 32, 16 }, { 17, 31, 33 }, { 32, 64, 96 }, { 33, 65, 31 }, { 100, 1, 40 },
        { 300, 288, 768 }, { 257, 96, 513 }, { 40, 2048, 48 }, { 70, 2080, 50 }, { 47, 4500, 65 }, { 2100, 36, 20 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Forward_EqualsLibtorchOnTheSameValues(int tokens, int inputs, int outputs)
    {
        using var scope = new TensorScope();
        Tensor[] values =
        [
            Tensor.randn([tokens, inputs], _generator), Tensor.randn([outputs, inputs], _generator),
            Tensor.randn([outputs], _generator),
        ];
        Gradients.AssertAllClose(
            Gradients.Of(x => x[0].linear(x[1], x[2]), values),
            Gradients.Of(x => Projection.Forward(x[0], x[1], x[2]), values), tolerance: 1e-5);

        // Each result is rounded to bf16 once, which moves it by 2⁻⁸ of itself at most.
        Tensor[] rounded = [.. values.Select(value => value.to(Dtype.BFloat16))];
        Gradients.AssertAllClose(
            Gradients.Of(x => x[0].linear(x[1], x[2]), [.. rounded.Select(value => value.to(Dtype.Float32))]),
            Gradients.Of(x => Projection.Forward(x[0], x[1], x[2]), rounded), tolerance: 4e-3);
    }

    // Too few rows for tiles: libtorch computes, with sums in bf16.
    [Theory]
    [InlineData(1, 8, 5), InlineData(15, 32, 32)]
    public void Forward_OfFewTokens_EqualsLibtorch(int tokens, int inputs, int outputs)
    {
        using var scope = new TensorScope();
        var (x, weight) = (Random(tokens, inputs), Random(outputs, inputs));
        Gradients.AssertAllClose(
            Gradients.Of(i => i[0].linear(i[1]), x, weight),
            Gradients.Of(i => Projection.Forward(i[0], i[1]), x, weight), tolerance: 1e-2);
    }

    [Fact]
    public void Forward_OfAFrozenWeight_HasTheSameGradientOfItsInput()
    {
        using var scope = new TensorScope();
        var (x, weight) = (Random(64, 96), Random(80, 96));
        var both = Gradients.Of(i => Projection.Forward(i[0], i[1]), x, weight);
        var one = Gradients.Of(i => Projection.Forward(i[0], weight), x);
        Gradients.AssertSame(both[..2], one);
    }

    [Fact]
    public void Forward_OnOneThreadAndOnTwoAndTransposed_GivesTheSameBits()
    {
        using var scope = new TensorScope();
        var (x, weight) = (Random(700, 300), Random(500, 300));
        var before = Libtorch.Threads;
        Libtorch.Threads = 1;
        var single = Gradients.Of(i => Projection.Forward(i[0], i[1]), x, weight);
        Libtorch.Threads = 2;
        Gradients.AssertSame(single, Gradients.Of(i => Projection.Forward(i[0], i[1]), x, weight));
        Libtorch.Threads = before;
        var transposed = Projection.Forward(x.t().contiguous().t(), weight.t().contiguous().t());
        Assert.True(transposed.to(Dtype.Float32).equal(single[0]));
    }

    [Fact]
    public void Forward_OfHugeTinyAndUndefinedValues_IsWhatFloat32Gives()
    {
        using var scope = new TensorScope();
        var (x, weight) = (Random(64, 64), Random(32, 64));
        foreach (var size in new[] { 1e18, 1e-12, 0 })
        {
            var sized = x * size;
            Gradients.AssertClose(
                sized.to(Dtype.Float32).linear(weight.to(Dtype.Float32)) * (1 / Math.Max(size, 1e-12)),
                Projection.Forward(sized, weight).to(Dtype.Float32) * (1 / Math.Max(size, 1e-12)), 5e-3);
        }
        var undefined = x.clone();
        undefined.Data<ushort>()[5 * 64 + 3] = 0x7fc0;
        var result = Projection.Forward(undefined, weight).to(Dtype.Float32).Data<float>();
        for (var i = 0; i < result.Length; i++)
            Assert.Equal(i / 32 == 5, float.IsNaN(result[i]));
    }

    [Fact]
    public void Forward_AWeightOfAnotherWidth_Throws()
    {
        using var scope = new TensorScope();
        Assert.ThrowsAny<Exception>(() => Projection.Forward(Random(32, 64), Random(32, 63)));
    }

    private Tensor Random(int rows, int columns) => Tensor.randn([rows, columns], _generator).to(Dtype.BFloat16);
}
