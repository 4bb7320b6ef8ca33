namespace Caravan.Torch.Tests;

public class RandomGeneratorTests
{
    [Fact]
    public void State_Restored_RepeatsTheStream()
    {
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(7);
        Tensor.randn([3], generator);
        var state = generator.State;
        var first = Tensor.randn([5], generator);
        generator.State = state;
        Assert.True(Tensor.randn([5], generator).equal(first));
    }

    [Fact]
    public void SameSeed_SameValues_OtherSeed_OtherValues()
    {
        using var scope = new TensorScope();
        using var a = new RandomGenerator(7);
        using var b = new RandomGenerator(7);
        using var c = new RandomGenerator(8);
        var values = Tensor.randn([5], a);
        Assert.True(values.equal(Tensor.randn([5], b)));
        Assert.False(values.equal(Tensor.randn([5], c)));
    }
}
