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
    [InlineData("P04", "same answer", null, "")]
    [InlineData("P05", "blank answer", null, "")]
    [InlineData("P06", null, null, ", \"margin\": 1e999")]
    public void Read_EachFault_HasItsCodeAndPlace(string code, string? rejected, string? role, string more)
    {
        var side = rejected switch
        {
            "[]" => "[]",
            "other question" => Side("q2", "b"),
            "same answer" => Side("q", " a "),
            "blank answer" => Side("q", " \\n"),
            _ => Side("q", "b", role ?? "assistant"),
        };
        var good = $$"""{"id": "1", "chosen": {{Side("q", "a")}}, "rejected": {{Side("q", "b")}}, "margin": 0.5}""";
        var bad = $$"""{"id": "2", "chosen": {{Side("q", "a")}}, "rejected": {{side}}{{more}}}""";
        var path = _folder.Write("pairs.jsonl", good + "\n" + bad);
        var error = Assert.Throws<RecordException>(() => PreferenceFile.Read(path).ToList());
        Assert.Equal(code, error.Code);
        Assert.Equal(
            $"{path}:2: {PreferenceFault.Describe(code)}. (dataset pairs, id 2) [{code}]", error.Message);
    }

    [Fact]
    public void Read_DivergentPrompts_PassOnRequest()
    {
        var path = _folder.Write(
            "pairs.jsonl", $$"""{"id": "1", "chosen": {{Side("q", "a")}}, "rejected": {{Side("q2", "b")}}}""");
        Assert.Equal("q2", PreferenceFile.Read(path, allowDivergentPrompt: true).Single().Rejected[0].Content);
    }
}
