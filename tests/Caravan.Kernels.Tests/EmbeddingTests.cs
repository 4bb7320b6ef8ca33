using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class EmbeddingTests : IDisposable
{
    private readonly RandomGenerator _generator = new(11);

    public void Dispose() => _generator.Dispose();

    [Theory]
    [InlineData(1, 1, 3), InlineData(50, 7, 33), InlineData(5000, 300, 64), InlineData(0, 10, 16)]
    public void Forward_EqualsLibtorchs(int tokens, int vocabulary, int hidden)
    {
        using var scope = new TensorScope();
        var random = new Random(tokens);
        var ids = Tensor.tensor(Enumerable.Range(0, tokens).Select(_ => random.NextInt64(vocabulary)).ToArray());
        var weight = Tensor.randn([vocabulary, hidden], _generator);
        Gradients.AssertAllClose(
            Gradients.Of(x => Tensor.embedding(x[0], ids), weight),
            Gradients.Of(x => Embedding.Forward(x[0], ids), weight), tolerance: 1e-5);

        var rounded = weight.to(Dtype.BFloat16);
        Gradients.AssertAllClose(
            Gradients.Of(x => Tensor.embedding(x[0], ids), rounded.to(Dtype.Float32)),
            Gradients.Of(x => Embedding.Forward(x[0], ids), rounded), tolerance: 4e-3);
    }

    // 1000 gradients of 1: a sum in bf16 would stop at 256.
    [Fact]
    public void Backward_BFloat16_SumsInFloat32()
    {
        using var scope = new TensorScope();
        var weight = Tensor.zeros([2, 8], Dtype.BFloat16);
        weight.RequiresGrad = true;
        Embedding.Forward(weight, Tensor.zeros([1000], Dtype.Int64)).backward(Tensor.ones([1000, 8], Dtype.BFloat16));
        Assert.Equal(1000, weight.Grad!.to(Dtype.Float32).Data<float>()[0]);
        Assert.Equal(0, weight.Grad!.to(Dtype.Float32).Data<float>()[8]);
    }

    [Theory]
    [InlineData(5), InlineData(-1)]
    public void Forward_AnIdOutsideTheTable_SaysWhich(long id)
    {
        using var scope = new TensorScope();
        var error = Assert.Throws<ArgumentException>(
            () => Embedding.Forward(Tensor.zeros([5, 4]), Tensor.tensor<long>([0, 4, id])));
        Assert.Contains($"id {id} of token 2", error.Message);
    }
}
