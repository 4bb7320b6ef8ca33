using Caravan.Data.Checking;

namespace Caravan.Data.Tests.Checking;

public sealed class DatasetCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_EveryKindOfFault_IsCountedWithItsPlace()
    {
        static string Record(string id, string messages) =>
            $$"""{"dataset": "d", "id": "{{id}}", "messages": [{{messages}}]}""";
        const string User = """{"role": "user", "content": "q"}""";
        const string Assistant = """{"role": "assistant", "content": "a"}""";
        var path = _folder.Write("t.jsonl", string.Join("\n",
            Record("1", $"{User}, {Assistant}"),
            "{",
            Record("2", ""),
            Record("3", """{"role": "human", "content": "q"}"""),
            Record("4", """{"role": "user"}"""),
            Record("5", User),
            """{"id": [], "messages": []}""",
            Record("1", $"{User}, {Assistant}"),
            Record("7", $$"""{"role": "user", "content": " "}, {"role": "assistant", "content": "\n"}"""),
            Record("8", $$"""{{User}}, {{Assistant}}, {"role": "system", "content": "s"}, {{Assistant}}"""),
            Record("9", $$"""{{User}}, {"role": "assistant", "content": "\ud800"}"""),
            $$"""{"id": "10", "id": "11", "messages": [{{User}}, {{Assistant}}]}"""));
        var tally = DatasetCheck.Run(path, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((12, 6), (tally.Read, tally.Kept));
        Assert.Equal(
            new() { ["E01"] = 1, ["E02"] = 1, ["E03"] = 1, ["E04"] = 1, ["E05"] = 1, ["E06"] = 1 }, tally.Skipped);
        Assert.Equal(new()
        {
            ["E06"] = 1, ["W01"] = 1, ["W02"] = 1, ["W03"] = 1, ["W04"] = 1, ["W05"] = 1, ["W06"] = 1, ["W07"] = 1,
        }, tally.Warnings);
        Assert.StartsWith($"{path}:4: messages[0].role: unknown role \"human\"", tally.Examples["E03"][0]);
        Assert.Equal($"{path}:8", tally.Examples["W05"][0]);
    }

    [Fact]
    public void Run_Pairs_HaveTheirOwnFaults()
    {
        static string Record(string chosen, string rejected, string more = "") =>
            $$"""
                {"dataset": "d", "id": "{{chosen.Length}}-{{rejected.Length}}{{more.Length}}",
                "chosen": [{{chosen}}], "rejected": [{{rejected}}]{{more}}}
                """.OneLine();
        static string Talk(string answer, string question = "q") =>
            $$"""{"role": "user", "content": "{{question}}"}, {"role": "assistant", "content": "{{answer}}"}""";
        var path = _folder.Write("p.jsonl", string.Join("\n",
            Record(Talk("good"), Talk("bad")),
            Record(Talk("good"), ""),
            Record(Talk("good"), """{"role": "user", "content": "q"}"""),
            Record(Talk("good"), Talk("bad", "other")),
            Record(Talk("same"), Talk("same")),
            Record(Talk(" "), Talk("bad")),
            Record(Talk("good"), Talk("bad"), ", \"margin\": 1e999"),
            Record(Talk("good"), """{"role": "bot", "content": "q"}"""),
            Record(Talk("fine", " "), Talk("bad!", " "))));
        var tally = DatasetCheck.Run(path, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((9, 2), (tally.Read, tally.Kept));
        Assert.Equal(new()
        {
            ["E03"] = 1, ["P01"] = 1, ["P02"] = 1, ["P03"] = 1, ["P04"] = 1, ["P05"] = 1, ["P06"] = 1,
        }, tally.Skipped);
        Assert.Equal(new() { ["W02"] = 1 }, tally.Warnings);
        Assert.StartsWith($"{path}:4: chosen and rejected must be equal", tally.Examples["P03"][0]);
        var lenient = DatasetCheck.Run(
            path, allowDivergentPrompt: true, TestContext.Current.CancellationToken);
        Assert.Equal((3, 1), (lenient.Kept, lenient.Warnings["P03"]));
    }

    [Fact]
    public void Run_HalfASurrogatePairInAKey_IsAFaultLikeAnother()
    {
        var path = _folder.Write("k.jsonl", """{"messages": [{"role": "user", "\ud83d": 1}]}""");
        Assert.Equal(
            $"{path}:1: invalid JSON: half a surrogate pair in a key. [E01]",
            DatasetCheck.Run(path, cancellation: TestContext.Current.CancellationToken).Examples["E01"].Single());
    }
}
