using Caravan.Files;

namespace Caravan.Checkpoints.Tests.Cards;

public sealed class ScoreTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ScoreTable Read(string json)
    {
        File.WriteAllText(_folder["scores.json"], json);
        var table = new ScoreTable();
        table.Read(_folder["scores.json"]);
        return table;
    }

    [Fact]
    public void Columns_ComeInThePapersOrderWithTheAverageLast() => Assert.Equal(
        [("MMLU 0-shot", 59.2), ("GSM CoT", 60.0), ("My test", 1.5), ("Average", 46.3)],
        Read("""{"Average": 46.3, "My test": 1.5, "GSM CoT": 60.0, "MMLU 0-shot": 59.2}""").Columns);

    [Fact]
    public void Columns_NoAverageGiven_NoneIsComputed() => Assert.Equal(
        [("MMLU 0-shot", 59.2), ("GSM CoT", 60.0)], Read("""{"GSM CoT": 60.0, "MMLU 0-shot": 59.2}""").Columns);

    [Theory]
    [InlineData("""{"GSM Cot ": 1}""", "Did you mean 'GSM CoT'?")]
    [InlineData("""{"GSM CoT": "60"}""", "'GSM CoT' is \"60\"; expected a number")]
    [InlineData("""{"GSM CoT": null}""", "expected a number")]
    [InlineData("""{"": 1}""", "needs the name of its benchmark")]
    [InlineData("[]", "an object")]
    public void Read_Unusable_IsRefused(string json, string message) =>
        Assert.Contains(message, Assert.Throws<BadInputException>(() => Read(json)).Message);

    [Fact]
    public void Add_AnotherNumberOfShots_IsAnotherBenchmark()
    {
        var table = new ScoreTable();
        table.Add("--score", "MMLU 1-shot", 50);
        Assert.Equal([("MMLU 1-shot", 50)], table.Columns);
        var error = Assert.Throws<BadInputException>(() => table.Add("--score", "MMLU 1-shot", 51));
        Assert.Contains("has a score already", error.Message);
    }
}
