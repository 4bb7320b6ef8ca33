namespace Caravan.Torch.Tests;

public class ActivationCheckpointTests
{
    private static readonly Operator Dropout = new("aten::dropout");

    [Theory]
    [InlineData(true), InlineData(false)]
    public void Run_HasTheResultAndTheGradientsOfTheFunctionItself(bool inputNeedsGradient)
    {
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(4);
        var x = Tensor.randn([7, 5], generator);
        var (first, second) = (Tensor.randn([5, 5], generator), Tensor.randn([5, 5], generator));
        first.RequiresGrad = second.RequiresGrad = true;
        x.RequiresGrad = inputNeedsGradient;
        Tensor Layer(Tensor h, Tensor weight) => Dropout.Call(h.matmul(weight), 0.5, true).tanh();

        Tensor?[] Differentiate(Func<Func<Tensor, Tensor>, Tensor, Tensor> run)
        {
            Libtorch.ManualSeed(11);
            var hidden = run(h => Layer(h, first), x);
            hidden = run(h => Layer(h, second), hidden);
            // What is drawn after the forward pass must not depend on how it was run either.
            var noise = Dropout.Call(Tensor.ones([50]), 0.5, true);
            hidden.sum().backward();
            var after = Dropout.Call(Tensor.ones([50]), 0.5, true);
            Tensor?[] results = [hidden, noise, after, x.Grad?.clone(), first.Grad!.clone(), second.Grad!.clone()];
            x.Grad = first.Grad = second.Grad = null;
            return results;
        }
        var expected = Differentiate((function, input) => function(input));
        var actual = Differentiate(ActivationCheckpoint.Run);
        Assert.Equal(inputNeedsGradient, actual[3] is not null);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(expected[i] is null || expected[i]!.equal(actual[i]!), $"result {i}");
    }

    [Fact]
    public void Run_KeepsNothingButItsInputAndOutput()
    {
        using var scope = new TensorScope();
        var x = Tensor.ones([4]);
        x.RequiresGrad = true;
        var before = Tensor.LiveCount;
        var y = ActivationCheckpoint.Run(h => h.exp().exp().exp().mul(2).add(1), x);
        // The output, and the input as it was saved.
        Assert.Equal(before + 2, Tensor.LiveCount);
        y.sum().backward();
    }

    [Fact]
    public void Run_AFunctionThatFailsTheSecondTime_ThrowsThatFailure()
    {
        using var scope = new TensorScope();
        var x = Tensor.ones([4]);
        x.RequiresGrad = true;
        var calls = 0;
        var y = ActivationCheckpoint.Run(
            h => ++calls == 1 ? h * 2 : throw new TimeoutException("on purpose"), x);
        Assert.Equal("on purpose", Assert.Throws<TimeoutException>(() => y.sum().backward()).Message);
    }
}
