using System.Text.Json;
using Caravan.Data.Statistics;
using Caravan.Files;

namespace Caravan.Data.Tests.Statistics;

public sealed class MessageStatisticsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_Records_HasOpenInstructsNumbers()
    {
        InstructionRecord[] records =
        [
            new("d", "a", [new("system", "a b c"), new("user", "a"), new("assistant", "a b")]),
            new("d", "b", [new("user", "a b c d"), new("assistant", string.Join(" ", Enumerable.Repeat("w", 600)))]),
            new("e", "c", [new("user", "a"), new("assistant", "a"), new("user", "a"), new("assistant", "a")]),
        ];
        var statistics = MessageStatistics.Of(
            records, text => Whitespace.CountWords(text), "words", TestContext.Current.CancellationToken);
        statistics.Save(_folder.In("s.json"));
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.In("s.json")));
        var root = json.RootElement;
        Assert.Equal(3, root.GetProperty("num_instances").GetInt32());
        var turns = root.GetProperty("turns_summary");
        Assert.Equal(8.0 / 3, turns.GetProperty("mean").GetDouble(), 12);
        Assert.Equal(Math.Sqrt(4.0 / 3), turns.GetProperty("std").GetDouble(), 12);
        Assert.Equal(3, turns.GetProperty("75%").GetDouble());
        Assert.Equal([604, 4, 3], root.GetProperty("top_100_longest_instances").EnumerateArray()
            .Select(id => records.Single(record => record.Id == id.GetString()))
            .Select(record => record.Messages.Where(
                message => message.Role != "system").Sum(message => Whitespace.CountWords(message.Content))));
        Assert.Equal(1, root.GetProperty("num_instances_with_total_length_gt_512").GetInt32());
        Assert.Equal(0, root.GetProperty("num_instances_with_total_length_gt_768").GetInt32());
        Assert.False(root.TryGetProperty("prompt_lengths_summary", out _));
        Assert.Equal(4.0 / 3, root.GetProperty("average_rounds").GetDouble(), 12);
        Assert.Equal(2, root.GetProperty("datasets").GetProperty("d").GetInt32());
    }

    [Fact]
    public void Save_OfPromptsAndCompletions_HasOpenInstructsNumbersOfThose()
    {
        static string Words(int count) => string.Join(" ", Enumerable.Repeat("w", count));
        InstructionRecord[] records =
        [
            new("d", "a", [new("user", Words(513)), new("assistant", Words(512))]),
            new("d", "b", [new("user", "w"), new("assistant", Words(769))]),
        ];
        MessageStatistics.Of(records, text => Whitespace.CountWords(text), "words",
            TestContext.Current.CancellationToken).Save(_folder.In("s.json"), ofCompletions: true);
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.In("s.json")));
        int Number(string name) => json.RootElement.GetProperty(name).GetInt32();
        Assert.Equal((1, 1, 2, 1, 1), (
            Number("num_instances_with_prompt_length_gt_512"), Number("num_instances_with_completion_length_gt_512"),
            Number("num_instances_with_prompt_completion_length_gt_512"),
            Number("num_instances_with_completion_length_gt_768"),
            Number("num_instances_with_prompt_completion_length_gt_1024")));
        Assert.Equal(640.5, json.RootElement.GetProperty("completion_lengths_summary").GetProperty("mean").GetDouble());
    }

    [Fact]
    public void Table_OfAFolder_HasARowForEachFile()
    {
        foreach (var (name, words) in new[] { ("zoo", 600), ("a_b", 3) })
        {
            InstructionRecord record = new("d", "a",
                [new("user", "w"), new("assistant", string.Join(" ", Enumerable.Repeat("w", words)))]);
            MessageStatistics.Of([record], text => Whitespace.CountWords(text), "words",
                TestContext.Current.CancellationToken).Save(_folder.In($"{name}/{name}_statistics.json"));
        }
        var rows = StatisticsTable.Read(_folder.Path);
        Assert.Equal("""
            | Dataset | Num Instances | Avg Total Length | Max Total Length | Avg User Prompt | Avg Assistant Response |
            """.OneLine() + " Avg Turns | % > 512 | % > 1024 | % > 2048 | % > 4096 |\n" +
            "|---|---|---|---|---|---|---|---|---|---|---|\n" +
            "| a_b | 1 | 4.00 | 4.00 | 1.00 | 3.00 | 2.00 | 0.00 | 0.00 | 0.00 | 0.00 |\n" +
            "| zoo | 1 | 601.00 | 601.00 | 1.00 | 600.00 | 2.00 | 100.00 | 0.00 | 0.00 | 0.00 |\n",
            StatisticsTable.Write(rows, "markdown"));
        Assert.Contains("a\\_b & 1 & 4.00", StatisticsTable.Write(rows, "latex"));
        _folder.Write("x_statistics.json", "{}");
        Assert.Contains("not a statistics file", Assert.Throws<BadInputException>(
            () => StatisticsTable.Read(_folder.Path)).Message);
        Assert.Contains("no file NAME_statistics.json", Assert.Throws<BadInputException>(
            () => StatisticsTable.Read(Directory.CreateDirectory(_folder.In("empty")).FullName)).Message);
    }

    [Fact]
    public void Distribution_OfOneValue_HasNoDeviation()
    {
        Assert.Equal(new Distribution(1, 7, null, 7, 7, 7, 7, 7), Distribution.Of([7]));
        Assert.Equal(new Distribution(0, null, null, null, null, null, null, null), Distribution.Of([]));
    }
}
