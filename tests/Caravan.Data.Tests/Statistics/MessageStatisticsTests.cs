using System.Text.Json;
using Caravan.Data.Statistics;

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
        Assert.Equal(1, root.GetProperty("num_instances_with_total_length_gt").GetProperty("512").GetInt32());
        Assert.Equal(0, root.GetProperty("num_instances_with_total_length_gt").GetProperty("768").GetInt32());
        Assert.Equal(4.0 / 3, root.GetProperty("average_rounds").GetDouble(), 12);
        Assert.Equal(2, root.GetProperty("datasets").GetProperty("d").GetInt32());
    }

    [Fact]
    public void Distribution_OfOneValue_HasNoDeviation()
    {
        Assert.Equal(new Distribution(1, 7, null, 7, 7, 7, 7, 7), Distribution.Of([7]));
        Assert.Equal(new Distribution(0, null, null, null, null, null, null, null), Distribution.Of([]));
    }
}
