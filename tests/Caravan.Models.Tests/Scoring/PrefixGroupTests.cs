using Caravan.Models.Scoring;

namespace Caravan.Models.Tests.Scoring;

public class PrefixGroupTests
{
    [Fact]
    public void Divide_PutsAnswersOfOneQuestionTogether()
    {
        var (first, second) = (Tokens(1, 40), Tokens(100, 50));
        ScoringRequest[] requests =
            [new(first, [7]), new(second, [7, 8]), new(first, [9]), new([3, 4], [5]), new(second, [9]),
                new(first, [7, 7])];
        var groups = PrefixGroup.Divide(requests);
        // The last token of a context belongs to what is computed for each answer.
        Assert.Equal([(39, "0 2 5"), (49, "1 4"), (0, "3")], Summary(groups).OrderBy(group => group.Requests));
    }

    [Fact]
    public void Divide_SharesTheExamplesOfAPrompt_WhereThatSavesMore()
    {
        var examples = Tokens(1, 500);
        ScoringRequest[] requests =
            [.. Enumerable.Range(0, 6).Select(i => new ScoringRequest([.. examples, 600 + i, 700], [1]))];
        Assert.Equal([(500, "0 1 2 3 4 5")], Summary(PrefixGroup.Divide(requests)));
    }

    [Fact]
    public void Divide_DoesNotShareAFewTokens() =>
        Assert.Equal(2, PrefixGroup.Divide([new(Tokens(1, 10), [1]), new(Tokens(1, 10), [2])]).Count);

    [Fact]
    public void Divide_GivesEveryRequestOnce_AndPrefixesThatAllShare()
    {
        var random = new Random(4);
        ScoringRequest[] requests = [.. Enumerable.Range(0, 300).Select(_ => new ScoringRequest(
            [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(100) < 97 ? 1 : 2)],
                [random.Next(3)]))];
        var groups = PrefixGroup.Divide(requests);
        Assert.Equal(Enumerable.Range(0, 300), groups.SelectMany(group => group.Requests).Order());
        Assert.Contains(groups, group => group.PrefixLength > 0);
        foreach (var group in groups)
        {
            var prefix = requests[group.Requests[0]].Context[..group.PrefixLength];
            Assert.All(group.Requests, i => Assert.True(requests[i].Context.Length > prefix.Length));
            Assert.All(group.Requests, i => Assert.Equal(prefix, requests[i].Context[..prefix.Length]));
        }
    }

    private static int[] Tokens(int first, int count) => [.. Enumerable.Range(first, count)];

    private static IEnumerable<(int Prefix, string Requests)> Summary(IEnumerable<PrefixGroup> groups) =>
        groups.Select(group => (group.PrefixLength, string.Join(" ", group.Requests.Order())));
}
