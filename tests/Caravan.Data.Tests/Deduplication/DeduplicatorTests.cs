using Caravan.Data.Deduplication;

namespace Caravan.Data.Tests.Deduplication;

public sealed class DeduplicatorTests
{
    private static InstructionRecord Record(string id, string text) =>
        new("d", id, [new("user", text), new("assistant", "answer")]);

    private static List<string> Gone(double? threshold, params InstructionRecord[] records) =>
        [.. new Deduplicator(threshold).Find(records, TestContext.Current.CancellationToken)
            .Where(pair => pair.Duplicate is not null)
            .Select(pair => $"{pair.Record.Id}={pair.Duplicate!.Of.Id}")];

    [Fact]
    public void Find_Exact_IgnoresBlanksAtTheEndsOnly() => Assert.Equal(
        ["b=a", "e=a"],
        Gone(null, Record(
            "a", "Hello there"), Record("b", " Hello there\n"), Record("c", "hello there"), Record("d", "x"),
            Record("e", "Hello there")));

    [Fact]
    public void Find_Near_TakesWhatIsSimilarEnough()
    {
        var words = Enumerable.Range(0, 200).Select(i => $"word{i * 7919 % 1000}").ToArray();
        var text = string.Join(" ", words);
        var oneChanged = string.Join(" ", words.Select((word, i) => i == 100 ? "other" : word));
        var halfChanged = string.Join(" ", words.Select((word, i) => i < 100 ? "other" + i : word));
        Assert.Equal(["b=a"], Gone(0.8, Record("a", text), Record("b", oneChanged), Record("c", halfChanged)));
        Assert.Equal(["b=a"], Gone(0.8, Record("a", "Short one"), Record("b", "short, ONE!"), Record("c", "another")));
    }

    [Fact]
    public void Similarity_OfSignatures_EstimatesJaccard()
    {
        var random = new Random(5);
        var errors = new List<double>();
        for (var round = 0; round < 30; round++)
        {
            var shared = random.Next(20, 180);
            string Text(int who) => string.Join(" ", Enumerable.Range(0, shared).Select(i => $"s{round}x{i}"))
                + " " + string.Join(" ", Enumerable.Range(0, 200 - shared).Select(i => $"p{who}x{round}x{i}"));
            // Runs within the shared words are common; those that reach beyond them are not.
            double common = shared - 4;
            var exact = common / (2 * 196 - common);
            errors.Add(MinHash.Similarity(MinHash.Signature(Text(1)), MinHash.Signature(Text(2))) - exact);
        }
        // 128 positions: the standard error is at most 0.044 each, and they are independent.
        Assert.InRange(errors.Average(), -0.03, 0.03);
        Assert.All(errors, error => Assert.InRange(error, -0.18, 0.18));
    }
}
