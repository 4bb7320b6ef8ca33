namespace Caravan.Checkpoints.Tests;

public sealed class Nf4Tests
{
    [Fact]
    public void Code_PublishedExample_GivesItsCodes() =>
        Assert.Equal([0, 2, 7, 10, 12, 15], new[] { -1f, -.5f, 0, .25f, .5f, 1 }.Select(Nf4.Code));

    [Fact]
    public void DynamicMap_Always_HasThePublishedValues()
    {
        Assert.Equal(256, Nf4.DynamicMap.Length);
        Assert.Equal(0, Nf4.DynamicMap[127]);
        Assert.Equal(1, Nf4.DynamicMap[255]);
        Assert.Equal(-0.99296875f, Nf4.DynamicMap[0]);
        Assert.Equal(5.5e-7f, Nf4.DynamicMap[128]);
        Assert.Equal(Nf4.DynamicMap.Order(), Nf4.DynamicMap);
    }

    [Fact]
    public void RoundTrip_RandomWeights_StaysWithinHalfALevel()
    {
        var random = new Random(3);
        var values = Enumerable.Range(0, 64 * 300 + 7).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
        var tensor = new Nf4RoundTripTensor(Tensors.Of("x", [values.Length], values));
        var rounded = new float[values.Length];
        Floats.ToSingle(WeightType.BF16, tensor.ReadAll(), rounded);
        // The widest gap between levels is 0.304; scales and bf16 round by about a percent more.
        for (var i = 0; i < values.Length; i++)
            Assert.InRange(rounded[i], values[i] - 0.085f, values[i] + 0.085f);
        Assert.InRange(rounded.Distinct().Count(), 100, 16 * 301);
        var piece = new byte[20];
        tensor.Read(200, piece);
        Assert.Equal(tensor.ReadAll()[200..220], piece);
    }
}
