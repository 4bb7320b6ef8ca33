using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class SwiGluTests : IDisposable
{
    private readonly RandomGenerator _generator = new(8);

    public void Dispose() => _generator.Dispose();

    [Theory]
    [InlineData(1, 1), InlineData(3, 17), InlineData(64, 352), InlineData(0, 8), InlineData(501, 100)]
    public void Forward_EqualsTheComposition(int tokens, int width)
    {
        using var scope = new TensorScope();
        Tensor[] inputs = [Tensor.randn([tokens, width], _generator) * 4, Tensor.randn([tokens, width], _generator)];
        Gradients.AssertAllClose(
            Gradients.Of(i => SwiGlu.ForwardComposition(i[0], i[1]), inputs),
            Gradients.Of(i => SwiGlu.Forward(i[0], i[1]), inputs), tolerance: 1e-5);

        Tensor[] rounded = [.. inputs.Select(input => input.to(Dtype.BFloat16))];
        Gradients.AssertAllClose(
            Gradients.Of(i => SwiGlu.ForwardComposition(i[0], i[1]), [.. rounded.Select(i => i.to(Dtype.Float32))]),
            Gradients.Of(i => SwiGlu.Forward(i[0], i[1]), rounded), tolerance: 5e-3);
    }

    [Theory]
    [InlineData(1, 24, 8), InlineData(33, 70, 31), InlineData(300, 96, 64)]
    public void GatedProjection_EqualsItsTwoParts(int tokens, int width, int outputs)
    {
        using var scope = new TensorScope();
        foreach (var (dtype, tolerance) in new[] { (Dtype.Float32, 1e-6), (Dtype.BFloat16, 4e-3) })
        {
            Tensor[] inputs =
            [
                Tensor.randn([tokens, width], _generator).to(dtype),
                Tensor.randn([tokens, width], _generator).to(dtype),
                Tensor.randn([outputs, width], _generator).to(dtype),
            ];
            Gradients.AssertAllClose(
                Gradients.Of(i => Projection.Forward(SwiGlu.Forward(i[0], i[1]), i[2]), inputs),
                Gradients.Of(i => GatedProjection.Forward(i[0], i[1], i[2]), inputs), tolerance);
        }
    }

    [Fact]
    public void GatedProjection_OfAFrozenWeightOrFrozenInputs_HasTheSameOtherGradients()
    {
        using var scope = new TensorScope();
        Tensor[] inputs =
        [
            Tensor.randn([40, 64], _generator).to(Dtype.BFloat16),
            Tensor.randn([40, 64], _generator).to(Dtype.BFloat16),
            Tensor.randn([32, 64], _generator).to(Dtype.BFloat16),
        ];
        var all = Gradients.Of(i => GatedProjection.Forward(i[0], i[1], i[2]), inputs);
        Gradients.AssertSame(
            all[..3], Gradients.Of(i => GatedProjection.Forward(i[0], i[1], inputs[2]), inputs[..2]));
        Gradients.AssertSame(
            [all[0], all[3]], Gradients.Of(i => GatedProjection.Forward(inputs[0], inputs[1], i[0]), inputs[2]));
    }

    [Fact]
    public void Forward_OfExtremeGates_NeitherOverflowsNorBecomesNan()
    {
        using var scope = new TensorScope();
        Tensor[] inputs = [Tensor.tensor([-1e30f, -200f, -90f, 0f, 90f, 200f, 1e30f]), Tensor.ones([7])];
        Gradients.AssertAllClose(
            Gradients.Of(i => SwiGlu.ForwardComposition(i[0], i[1]), inputs),
            Gradients.Of(i => SwiGlu.Forward(i[0], i[1]), inputs), tolerance: 1e-6);
    }
}
