namespace Caravan.Generation.Tests;

public class TokenSamplerTests
{
    private static readonly float[] Logits = [1, 3, 2, 3, -5];

    [Fact]
    public void Greedy_TakesTheHighest_AndOfEqualsTheFirst() =>
        Assert.Equal(1, new TokenSampler(new GenerationSettings { Temperature = 0 }, 0).Next([.. Logits]));

    [Fact]
    public void Sampling_FollowsTheSoftmaxOfTheLogits()
    {
        var counts = Draw(new GenerationSettings { Temperature = 2 }, 40_000);
        double[] weights = [.. Logits.Select(logit => Math.Exp(logit / 2))];
        for (var id = 0; id < counts.Length; id++)
        {
            var expected = weights[id] / weights.Sum();
            // Four standard deviations of a binomial share.
            Assert.Equal(expected, counts[id] / 40_000.0, 4 * Math.Sqrt(expected * (1 - expected) / 40_000));
        }
    }

    [Fact]
    public void TopK_LeavesOnlyTheHighest()
    {
        var counts = Draw(new GenerationSettings { TopK = 2 }, 1000);
        Assert.Equal([1, 3], Enumerable.Range(0, counts.Length).Where(id => counts[id] > 0));
    }

    [Fact]
    public void TopP_LeavesTheFewestThatReachTheSum()
    {
        // Probabilities: two of 0.399, then 0.147, 0.054 and nearly 0: the first two reach 0.79.
        var counts = Draw(new GenerationSettings { TopP = 0.79 }, 1000);
        Assert.Equal([1, 3], Enumerable.Range(0, counts.Length).Where(id => counts[id] > 0));
        counts = Draw(new GenerationSettings { TopP = 0.9 }, 1000);
        Assert.Equal([1, 2, 3], Enumerable.Range(0, counts.Length).Where(id => counts[id] > 0));
    }

    [Fact]
    public void Sequences_OfOneSeed_DrawDifferently()
    {
        var settings = new GenerationSettings { Seed = 9 };
        Assert.NotEqual(Ids(settings, 0), Ids(settings, 1));
        Assert.Equal(Ids(settings, 0), Ids(settings, 0));
    }

    private static int[] Ids(GenerationSettings settings, int sequence)
    {
        var sampler = new TokenSampler(settings, sequence);
        return [.. Enumerable.Range(0, 50).Select(_ => sampler.Next([.. Logits]))];
    }

    private static int[] Draw(GenerationSettings settings, int times)
    {
        var sampler = new TokenSampler(settings, 0);
        var counts = new int[Logits.Length];
        for (var i = 0; i < times; i++)
            counts[sampler.Next([.. Logits])]++;
        return counts;
    }
}
