using Caravan.Torch;

namespace Caravan.Kernels.Tests;

public sealed class AdamWTests : IDisposable
{
    private readonly RandomGenerator _generator = new(9);

    public void Dispose() => _generator.Dispose();

    [Theory]
    [InlineData(Dtype.Float32, Dtype.Float32, 1), InlineData(Dtype.Float32, Dtype.BFloat16, 33)]
    [InlineData(Dtype.BFloat16, Dtype.Float32, 100_003), InlineData(Dtype.BFloat16, Dtype.BFloat16, 17)]
    public void Update_ManySteps_EqualsTheComposition(Dtype parameterType, Dtype gradientType, int count)
    {
        using var scope = new TensorScope();
        var initial = Tensor.randn([count], _generator).to(parameterType);
        var (a, b) = (initial.clone(), initial.clone());
        var (stateA, stateB) = (AdamW.CreateState(a), AdamW.CreateState(b));
        for (var step = 1; step <= 20; step++)
        {
            var gradient = Tensor.randn([count], _generator).to(gradientType);
            var constants = new AdamWStep(1e-2, 0.9, 0.95, 1e-8, 0.1, step, 0.7);
            AdamW.Update(a, gradient, stateA, constants);
            AdamW.UpdateComposition(b, gradient, stateB, constants);
        }
        Gradients.AssertClose(stateB.Master, stateA.Master, 1e-5, "master");
        Gradients.AssertClose(stateB.FirstMoment, stateA.FirstMoment, 1e-5, "first moment");
        Gradients.AssertClose(stateB.SecondMoment, stateA.SecondMoment, 1e-5, "second moment");
        Assert.True(a.equal(stateA.Master.to(parameterType)));
        if (parameterType != Dtype.Float32)
        {
            stateA.Master.Dispose();
            stateB.Master.Dispose();
        }
        Tensor[] moments = [stateA.FirstMoment, stateA.SecondMoment, stateB.FirstMoment, stateB.SecondMoment];
        foreach (var moment in moments)
            moment.Dispose();
    }

    // By hand: after one step of gradient g the bias-corrected moments are g and g², so that the step is lr · sign(g).
    [Fact]
    public void Update_FirstStep_MovesByTheLearningRate()
    {
        using var scope = new TensorScope();
        var parameter = Tensor.tensor([1f, 1f, 1f]);
        var state = AdamW.CreateState(parameter);
        AdamW.Update(parameter, Tensor.tensor([5f, -0.01f, 100f]), state, new(0.1, 0.9, 0.999, 1e-12, 0.5, 1, 1));
        var values = parameter.Data<float>();
        Assert.Equal(0.95 - 0.1, values[0], 1e-5);
        Assert.Equal(0.95 + 0.1, values[1], 1e-5);
        Assert.Equal(0.95 - 0.1, values[2], 1e-5);
        state.FirstMoment.Dispose();
        state.SecondMoment.Dispose();
    }

    [Fact]
    public void GradientNorm_EqualsThatOfAllElementsInOneRow()
    {
        using var scope = new TensorScope();
        Tensor[] gradients =
        [
            Tensor.randn([40_000], _generator), Tensor.randn([7, 3], _generator).to(Dtype.BFloat16),
            Tensor.randn([5, 9], _generator).t(), Tensor.zeros([0]),
        ];
        var expected = Tensor.cat([.. gradients.Select(g => g.to(Dtype.Float64).reshape(-1))]).norm().item();
        Assert.Equal(expected, GradientNorm.Compute(gradients), expected * 1e-12);
    }

    [Theory]
    [InlineData(float.NaN), InlineData(float.PositiveInfinity)]
    public void GradientNorm_OneElementNotFinite_IsNotFinite(float value)
    {
        using var scope = new TensorScope();
        var gradient = Tensor.zeros([50_000]);
        gradient.Data<float>()[49_999] = value;
        Assert.False(double.IsFinite(GradientNorm.Compute([Tensor.ones([3]), gradient])));
    }

    [Fact]
    public void GradientNorm_OfHugeElements_DoesNotOverflow()
    {
        using var scope = new TensorScope();
        Assert.Equal(2e30 * 4, GradientNorm.Compute([Tensor.full([16], 2e30)]), 1e25);
    }
}
