using Caravan.Data.Conversion;
using Caravan.Data.Preferences;

namespace Caravan.Data.Tests.Preferences;

public sealed class PreferenceFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Side(string question, string answer, string role = "assistant") =>
        $$"""[{"role": "user", "content": "{{question}}"}, {"role": "{{role}}", "content": "{{answer}}"}]""";

    [Theory]
    [InlineData("P01", "[]", null, "")]
    [InlineData("P02", null, "user", "")]
    [InlineData("P03", "other question", null, "")]
    [InlineData("P06", null, null, ", \"margin\": 1e999")]
    public void Read_EachFault_HasItsCodeAndPlace(string code, string? rejected, string? role, string more)
    {
        var side = rejected switch
        {
            "[]" => "[]",
            "other question" => Side("q2", "b"),
            _ => Side("q", "b", role ?? "assistant"),
        };
        var good = $$"""{"id": "1", "chosen": {{Side("q", "a")}}, "rejected": {{Side("q", "b")}}, "margin": 0.5}""";
        var bad = $$"""{"id": "2", "chosen": {{Side("q", "a")}}, "rejected": {{side}}{{more}}}""";
        var path = _folder.Write("pairs.jsonl", good + "\n" + bad);
        var error = Assert.Throws<RecordException>(() => PreferenceFile.Read(path, new Tally()).ToList());
        Assert.Equal(code, error.Code);
        Assert.Equal(
            $"{path}:2: {PreferenceFault.Describe(code)}. (dataset pairs, id 2) [{code}]", error.Message);
    }

    [Fact]
    public void Read_DivergentPrompts_PassOnRequest()
    {
        var path = _folder.Write(
            "pairs.jsonl", $$"""{"id": "1", "chosen": {{Side("q", "a")}}, "rejected": {{Side("q2", "b")}}}""");
        var tally = new Tally();
        Assert.Equal("q2", PreferenceFile.Read(path, tally, allowDivergentPrompt: true).Single().Rejected[0].Content);
        Assert.Equal(1, tally.Warnings["P03"]);
    }

    [Fact]
    public void Read_PairsFromWhichNothingIsLearnt_AreSkippedAndCounted()
    {
        static string Pair(string chosen, string rejected, string more = "") =>
            $$"""{"chosen": {{Side("q", chosen)}}, "rejected": {{Side("q", rejected)}}{{more}}}""";
        var path = _folder.Write("pairs.jsonl", string.Join("\n",
            Pair("a", "b"), Pair("a", " a "), Pair("a", " \\n"), Pair("", ""), Pair("\\u001c", "b"), Pair("a", "A")));
        var tally = new Tally();
        Assert.Equal(
            ["pairs_0", "pairs_5"], PreferenceFile.Read(path, tally).Select(record => record.Id));
        Assert.Equal((6, 2), (tally.Read, tally.Kept));
        Assert.Equal(new() { ["P04"] = 1, ["P05"] = 3 }, tally.Skipped);
        Assert.Equal([$"{path}:3", $"{path}:4", $"{path}:5"], tally.Examples["P05"]);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("")]
    public void Read_AFaultBesides_StopsAllTheSame(string rejected)
    {
        var path = _folder.Write("pairs.jsonl",
            $$"""{"chosen": {{Side("q", "a")}}, "rejected": {{Side("q", rejected)}}, "margin": 1e999}""");
        Assert.Equal("P06", Assert.Throws<RecordException>(
            () => PreferenceFile.Read(path, new Tally()).ToList()).Code);
    }
}
