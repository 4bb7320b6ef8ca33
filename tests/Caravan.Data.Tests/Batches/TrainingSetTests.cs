using Caravan.Data.Statistics;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data.Tests.Batches;

public sealed class TrainingSetTests
{
    // A token for every character; the assistant's carry loss. The limit stands for max_seq_length.
    private static TokenizedMessages Tokenize(IReadOnlyList<ChatMessage> messages, int limit)
    {
        int[] ids = [.. messages.SelectMany(message => message.Content.Select(character => (int)character))];
        int[] labels =
        [
            .. messages.SelectMany(message => message.Content.Select(
                character => message.Role == "assistant" ? character : TokenBatch.NoLoss)),
        ];
        return ids.Length <= limit ? new(ids, labels, false) : new(ids[..limit], labels[..limit], true);
    }

    private static InstructionRecord Record(string id, string user, string assistant) =>
        new(id[..1], id, [new("user", user), new("assistant", assistant)]);

    private static TrainingSet FromRecords(IEnumerable<InstructionRecord> records, int? threads = null) =>
        TrainingSet.FromRecords(
            records, messages => Tokenize(messages, 10), threads, TestContext.Current.CancellationToken);

    [Fact]
    public void FromRecords_DropsRowsWithoutLoss_AndNamesThem()
    {
        var records = new[]
        {
            Record("a1", "hello", "world"), Record(
                "a2", "a long question", "x"), Record("b1", "q", ""), Record("b2", "12345678", "abc"),
        };
        var set = FromRecords(records);
        Assert.Equal(["a1", "b2"], set.Examples.Select(example => example.RecordId));
        Assert.Equal(["a2", "b1"], set.Report.WithoutLoss);
        Assert.Equal(["b2"], set.Report.Truncated);
        Assert.Equal((4, 2, 1), (set.Report.Read, set.Report.Kept, set.Report.WithoutLossByTruncation));
        Assert.Equal('w', set.LargestTokenId);

        var statistics = DatasetStatistics.Of(set);
        Assert.Equal(["a", "b", "all"], statistics.Select(part => part.Name));
        var all = statistics[^1];
        Assert.Equal((2, 1), (all.Records, all.Truncated));
        Assert.Equal(new LengthSummary(2, 7, 2, 3.5, 3.5, 4.85, 5), all.TargetTokens);
        Assert.Equal(20, all.Tokens.Total);
    }

    [Fact]
    public void FromRecords_FirstTokenAloneWithLoss_HasNoTarget()
    {
        var error = Assert.Throws<BadInputException>(() =>
            FromRecords([Record("a1", "", "x")]));
        Assert.Equal(
            "Nothing is left to train on: of 1 records, 0 lost their whole answer to the length limit and 1 have no " +
            "token of an assistant message (a1). Raise max_seq_length, or check the records' roles.", error.Message);
    }

    [Fact]
    public void FromRecords_NoRecords_IsAnError() =>
        Assert.Throws<BadInputException>(() => FromRecords([]));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void FromRecords_AnyNumberOfThreads_KeepsTheOrder(int threads)
    {
        var records = Enumerable.Range(
            0, 3000).Select(i => Record($"r{i}", new string('u', i % 13), new string('a', i % 5))).ToList();
        var set = FromRecords(records, threads);
        Assert.Equal(
            records.Where(record => Tokenize(record.Messages, 10) is var t &&
                t.Labels.Skip(1).Any(label => label >= 0)).Select(record => record.Id),
            set.Examples.Select(example => example.RecordId));
    }

    [Fact]
    public void FromRecords_BrokenRecordFarIn_GivesTheFirstError()
    {
        static IEnumerable<InstructionRecord> Records()
        {
            for (var i = 0; i < 700; i++)
                yield return Record($"r{i}", "u", "a");
            throw new BadInputException("the file's end is broken");
        }
        foreach (var threads in new[] { 1, 2, 8 })
        {
            var error = Assert.Throws<BadInputException>(() => TrainingSet.FromRecords(
                Records(), _ => throw new BadInputException("the first record is broken"), threads,
                TestContext.Current.CancellationToken));
            Assert.Equal("the first record is broken", error.Message);
            error = Assert.Throws<BadInputException>(() => FromRecords(Records(), threads));
            Assert.Equal("the file's end is broken", error.Message);
        }
    }

    [Fact]
    public void TokenBatch_ShiftsLabelsWithinRowsOnly()
    {
        TrainingExample[] examples =
        [
            new("d", "x", [1, 2, 3], [1, 2, 3], 1, false),
            new("d", "y", [4], [4], 1, false),
            new("d", "z", [5, 6, 7], [-100, -100, 7], 1, false),
        ];
        var batch = TokenBatch.Of(examples);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], batch.InputIds);
        Assert.Equal([2, 3, -100, -100, -100, 7, -100], batch.Targets);
        Assert.Equal([0, 1, 2, 0, 0, 1, 2], batch.PositionIds);
        Assert.Equal([0, 3, 4, 7], batch.CuSeqLens);
        Assert.Equal(["x", "y", "z"], batch.RecordIds);
        Assert.Equal((3, 3), (batch.TargetTokens, batch.MaxLength));
    }
}
