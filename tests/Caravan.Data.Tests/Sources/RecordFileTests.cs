using System.Text.Json;
using Caravan.Data.Layouts;
using Caravan.Data.Sources;

namespace Caravan.Data.Tests.Sources;

public sealed class RecordFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train", 7473, "Natalia sold clips to 48 of her friends in April", "#### 72", "#### 50")]
    [InlineData("test", 1319, "Janet\u2019s ducks lay 16 eggs per day.", "#### 18", "#### 14")]
    public void Read_Gsm8K_GivesEveryQuestionWithItsAnswer(
        string split, int count, string firstQuestion, string firstEnd, string lastEnd)
    {
        var path = Repository.SharedData($"eval/gsm8k/{split}.jsonl");
        var records = RecordFile.Read(path).Select(record =>
        {
            using var document = JsonDocument.Parse(record.Utf8);
            return (Question: document.RootElement.GetProperty("question").GetString()!,
                Answer: document.RootElement.GetProperty("answer").GetString()!, record.Origin.Line);
        }).ToList();
        Assert.Equal((count, count), (records.Count, RecordFile.Count(path)));
        Assert.StartsWith(firstQuestion, records[0].Question);
        Assert.EndsWith(firstEnd, records[0].Answer);
        Assert.EndsWith(lastEnd, records[^1].Answer);
        Assert.All(records, record => Assert.Matches(@"\n#### -?[\d,.]+$", record.Answer));
        Assert.Equal(Enumerable.Range(1, count).Select(line => (long)line), records.Select(record => record.Line));
    }

    [Fact]
    public void Read_Gsm8KThroughParquet_IsTheSame()
    {
        // Its keys are of no layout, so they are given other names on the way.
        var renamed = _folder.Write("renamed.jsonl",
            File.ReadAllText(Repository.SharedData("eval/gsm8k/train.jsonl"))
                .Replace("{\"question\":", "{\"prompt\":").Replace("\", \"answer\":", "\", \"completion\":"));
        LayoutFile.Convert(renamed, _folder.In("x.parquet"), "prompt-completion");
        static IEnumerable<(string, string)> Texts(string path) => InstructionFile.Read(path)
            .Select(record => (record.Messages[0].Content, record.Messages[1].Content));
        Assert.Equal(7473, RecordFile.Count(_folder.In("x.parquet")));
        Assert.Equal(Texts(renamed), Texts(_folder.In("x.parquet")));
    }
}
