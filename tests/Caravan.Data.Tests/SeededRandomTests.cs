namespace Caravan.Data.Tests;

public sealed class SeededRandomTests
{
    [Fact]
    public void NextInt_ManyDraws_AreUniform()
    {
        var random = new SeededRandom(1, "test");
        var counts = new int[10];
        for (var i = 0; i < 100_000; i++)
            counts[random.NextInt(10)]++;
        // Chi-squared with 9 degrees of freedom: 27.9 is exceeded once in a thousand.
        Assert.True(counts.Sum(count => Math.Pow(count - 10_000, 2) / 10_000) < 27.9);
    }

    [Fact]
    public void Sample_GivesDifferentIndices()
    {
        var sample = new SeededRandom(1, "sample").Sample(50, 20);
        Assert.Equal(20, sample.Distinct().Count());
        Assert.All(sample, index => Assert.InRange(index, 0, 49));
        Assert.Equal(Enumerable.Range(0, 50), new SeededRandom(2, "sample").Sample(50, 50).Order());
    }

    [Fact]
    public void Purpose_SeparatesSequences()
    {
        Assert.Equal(new SeededRandom(5, "a").NextBits(), new SeededRandom(5, "a").NextBits());
        Assert.NotEqual(new SeededRandom(5, "a").NextBits(), new SeededRandom(5, "b").NextBits());
        Assert.NotEqual(new SeededRandom(5, "a").NextBits(), new SeededRandom(6, "a").NextBits());
    }
}
