using Caravan.Cli.Quickstart;
using Caravan.Cli.Terminals;
using Caravan.Data;
using Caravan.Data.Statistics;
using Caravan.Evaluation;
using Caravan.Text;

namespace Caravan.Cli.Tests.Quickstart;

public sealed class QuickstartPageTests
{
    private static readonly string[] Kinds = ["arithmetic", "sorting", "spelling", "yes-no"];

    [Fact]
    public void Scores_BeforeAndAfter_AreAsApproved() => ApprovedText.Matches("quickstart scores", Render(terminal =>
        QuickstartPage.WriteScores(terminal, QuickstartPage.Compare(Result(correct: 0), Result(correct: 2)))));

    [Fact]
    public void Statistics_ByKind_AreAsApproved() => ApprovedText.Matches("quickstart statistics", Render(terminal =>
        QuickstartPage.WriteStatistics(terminal,
        [
            .. Kinds.Select(kind => Statistics(kind, 1200)),
            Statistics("all", 4800),
        ], HeldOut())));

    [Fact]
    public void Samples_Shown_AreAsApproved() => ApprovedText.Matches("quickstart samples", Render(terminal =>
        QuickstartPage.WriteSamples(terminal, QuickstartPage.PickSamples(HeldOut(), Result(correct: 1)))));

    [Fact]
    public void Samples_Picked_DoNotDependOnTheAnswers()
    {
        var good = QuickstartPage.PickSamples(HeldOut(), Result(correct: 3));
        var bad = QuickstartPage.PickSamples(HeldOut(), Result(correct: 0));
        Assert.Equal(3, good.Count);
        Assert.Equal(good.Select(sample => sample.Messages[0]), bad.Select(sample => sample.Messages[0]));
    }

    private static InstructionRecord[] HeldOut() =>
        [.. from kind in Kinds
            from i in Enumerable.Range(0, 3)
            select new InstructionRecord(kind, $"{kind}-{i}",
                [new ChatMessage("user", $"Question {i} about {kind}?"), new ChatMessage("assistant", $"right {i}")])];

    // In each kind, the first so many answers are right.
    private static ExactMatchResult Result(int correct)
    {
        var samples = HeldOut().Select((record, i) => new ExactMatchSample(
            record.Id, record.Dataset, record.Messages[^1].Content,
            i % 3 < correct ? $"right {i % 3}" : "\u001b[31mwrong")).ToArray();
        return new ExactMatchResult(
            new ExactMatchScore(correct * Kinds.Length, samples.Length),
            Kinds.ToDictionary(kind => kind, _ => new ExactMatchScore(correct, 3)), samples);
    }

    private static DatasetStatistics Statistics(string name, int records) => new()
    {
        Name = name,
        Records = records,
        Rounds = LengthSummary.Of([1, 1, 2]),
        Tokens = LengthSummary.Of([20, 31, 45]),
        TargetTokens = LengthSummary.Of([2, 4, 9]),
        Truncated = 0,
    };

    private static string Render(Action<Terminal> write)
    {
        var output = new StringWriter { NewLine = "\n" };
        write(new Terminal { In = TextReader.Null, Out = output, Error = TextWriter.Null, Width = CommandRun.Width });
        return output.ToString();
    }
}
