using System.Runtime.Intrinsics;
using Caravan.Kernels.Simd;
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
        using var stateA = AdamW.CreateState(a);
        using var stateB = AdamW.CreateState(b);
        for (var step = 1; step <= 20; step++)
        {
            var gradient = Tensor.randn([count], _generator).to(gradientType);
            var constants = new AdamWStep(1e-2, 0.9, 0.95, 1e-8, 0.1, step, 0.7);
            AdamW.Update(a, gradient, stateA, constants);
            AdamW.UpdateComposition(b, gradient, stateB, constants);
        }
        Gradients.AssertClose(Master(b, stateB), Master(a, stateA), 1e-5, "master");
        Gradients.AssertClose(stateB.FirstMoment, stateA.FirstMoment, 1e-5, "first moment");
        Gradients.AssertClose(stateB.SecondMoment, stateA.SecondMoment, 1e-5, "second moment");
    }

    [Theory]
    [InlineData(Dtype.Float32, Dtype.Float32), InlineData(Dtype.Float32, Dtype.BFloat16)]
    [InlineData(Dtype.BFloat16, Dtype.Float32), InlineData(Dtype.BFloat16, Dtype.BFloat16)]
    public void Update_OnOneAndTwoThreads_GivesTheSameBits(Dtype parameterType, Dtype gradientType)
    {
        using var scope = new TensorScope();
        var initial = Tensor.randn([100_003], _generator).to(parameterType);
        Tensor[] gradients =
            [.. Enumerable.Range(0, 3).Select(_ => Tensor.randn([100_003], _generator).to(gradientType))];
        Tensor[] Run()
        {
            var parameter = initial.clone();
            using var state = AdamW.CreateState(parameter);
            for (var step = 0; step < gradients.Length; step++)
                AdamW.Update(parameter, gradients[step], state, new(1e-2, 0.9, 0.95, 1e-8, 0.1, step + 1, 0.7));
            return [Master(parameter, state).clone(), state.FirstMoment.clone(), state.SecondMoment.clone()];
        }
        foreach (var (one, two) in OnThreads(1, Run).Zip(OnThreads(2, Run)))
            Assert.True(one.equal(two));
    }

    [Fact]
    public void Update_WithAGradientThatIsNaN_MakesTheParameterNaNAndNotInfinite()
    {
        using var scope = new TensorScope();
        var parameter = Tensor.ones([35], Dtype.BFloat16);
        using var state = AdamW.CreateState(parameter);
        // A NaN whose bits, rounded, would be those of −0.
        var gradient = Tensor.full([35], BitConverter.UInt32BitsToSingle(0x7fffffff));
        AdamW.Update(parameter, gradient, state, new(1e-2, 0.9, 0.95, 1e-8, 0.1, 1, 1));
        Assert.Equal(35, parameter.ne(parameter).to(Dtype.Float32).sum().item());
    }

    // By hand: after one step of gradient g the bias-corrected moments are g and g², so that the step is lr · sign(g).
    [Fact]
    public void Update_FirstStep_MovesByTheLearningRate()
    {
        using var scope = new TensorScope();
        var parameter = Tensor.tensor([1f, 1f, 1f]);
        using var state = AdamW.CreateState(parameter);
        AdamW.Update(parameter, Tensor.tensor([5f, -0.01f, 100f]), state, new(0.1, 0.9, 0.999, 1e-12, 0.5, 1, 1));
        var values = parameter.Data<float>();
        Assert.Equal(0.95 - 0.1, values[0], 1e-5);
        Assert.Equal(0.95 + 0.1, values[1], 1e-5);
        Assert.Equal(0.95 - 0.1, values[2], 1e-5);
    }

    // Towards the least of Σ (p − target)² from noisy gradients: all formats arrive.
    [Theory]
    [InlineData(Dtype.Float32, true, false), InlineData(Dtype.BFloat16, true, false)]
    [InlineData(Dtype.BFloat16, false, true), InlineData(Dtype.BFloat16, true, true)]
    public void Update_InACompactFormat_ArrivesWhereFloat32Does(Dtype dtype, bool eightBits, bool stochastic)
    {
        using var scope = new TensorScope();
        var target = Tensor.randn([3000], _generator);
        double Distance(AdamWFormat format, Dtype type)
        {
            using var inner = new TensorScope();
            using var noise = new RandomGenerator(4);
            var parameter = Tensor.zeros([3000], type);
            using var state = AdamW.CreateState(parameter, format);
            for (var step = 1; step <= 600; step++)
            {
                using var each = new TensorScope();
                var gradient = parameter.to(Dtype.Float32) - target + Tensor.randn([3000], noise) * 0.3;
                AdamW.Update(parameter, gradient, state, new(2e-2 * (1 - step / 600.0), 0.9, 0.99, 1e-8, 0, step, 1));
            }
            return (parameter.to(Dtype.Float32) - target).pow(2).mean().item();
        }
        var reference = Distance(default, Dtype.Float32);
        Assert.True(reference < 2e-3, $"{reference}");
        Assert.True(Distance(new(eightBits, stochastic), dtype) < 1.5 * reference + 1e-4);
    }

    [Theory]
    [InlineData(1), InlineData(255), InlineData(256), InlineData(257), InlineData(70_000)]
    public void Update_InACompactFormat_FirstStepMovesByTheLearningRateOnAnyThreads(int count)
    {
        using var scope = new TensorScope();
        var gradient = Tensor.randn([count], _generator);
        Tensor Run()
        {
            var parameter = Tensor.ones([count], Dtype.BFloat16);
            using var state = AdamW.CreateState(parameter, new(EightBitMoments: true, StochasticRounding: true));
            AdamW.Update(parameter, gradient, state, new(0.25, 0.9, 0.999, 1e-12, 0, 1, 1));
            return parameter;
        }
        var single = OnThreads(1, Run);
        Assert.True(single.equal(OnThreads(2, Run)));
        var moved = single.to(Dtype.Float32).sub(1).abs();
        Assert.Equal(0.25, moved.mean().item(), 1e-4);
    }

    [Fact]
    public void StochasticRounding_OfASmallUpdate_IsRightOnAverage()
    {
        using var scope = new TensorScope();
        var parameter = Tensor.ones([100_000], Dtype.BFloat16);
        using var state = AdamW.CreateState(parameter, new(EightBitMoments: false, StochasticRounding: true));
        // A quarter of the distance to the next bf16 number below 1: rounded to nearest it would be lost.
        AdamW.Update(parameter, Tensor.ones([100_000]), state, new(1.0 / 1024, 0.9, 0.999, 1e-12, 0, 1, 1));
        Assert.Equal(1 - 1.0 / 1024, parameter.to(Dtype.Float32).mean().item(), 3e-5);
    }

    [Fact]
    public unsafe void EightBitCodes_AreWithinAnEighthAndUnbiased()
    {
        var random = new RandomBits(7);
        var codes = stackalloc byte[16];
        foreach (var value in new[] { 1f, 0.7f, 0.1f, 3e-3f, -0.9f, -2e-4f })
        {
            double sum = 0;
            for (var i = 0; i < 2000; i++)
            {
                var vector = Vector512.Create(value);
                EightBits.StoreSigned(codes, vector, random.At(i * 16));
                var decoded = EightBits.LoadSigned(codes);
                for (var lane = 0; lane < 16; lane++)
                {
                    Assert.True(Math.Abs(decoded[lane] - value) <= Math.Abs(value) / 8, $"{value}: {decoded[lane]}");
                    sum += decoded[lane];
                }
            }
            Assert.Equal(value, sum / 32_000, Math.Abs(value) * 2e-3);
        }
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

    [Fact]
    public void GradientNorm_OnOneAndTwoThreads_GivesTheSameBits()
    {
        using var scope = new TensorScope();
        Tensor[] gradients =
            [Tensor.randn([300_007], _generator), Tensor.randn([200_003], _generator).to(Dtype.BFloat16)];
        double Run() => GradientNorm.Compute(gradients);
        Assert.Equal(OnThreads(1, Run), OnThreads(2, Run));
    }

    private static Tensor Master(Tensor parameter, AdamWState state) =>
        state.Remainder is { } remainder ? MasterWeights.Join(parameter, remainder) : parameter;

    private static T OnThreads<T>(int threads, Func<T> run)
    {
        var before = Libtorch.Threads;
        Libtorch.Threads = threads;
        try
        {
            return run();
        }
        finally
        {
            Libtorch.Threads = before;
        }
    }
}
