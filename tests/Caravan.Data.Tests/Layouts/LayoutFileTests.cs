using System.Text.Json;
using Caravan.Data.Layouts;
using Caravan.Data.Parquet;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data.Tests.Layouts;

public sealed class LayoutFileTests : IDisposable
{
    private static readonly string[] Odd =
        ["a", "é \"quoted\",\nand more\t😀", "", " blanks ", "comma, only", new string('x', 5000), "\\ / \u2028"];

    private static readonly ChatMessage[] Rounds =
        [new("user", "a"), new("assistant", "b"), new("user", "c"), new("assistant", "d")];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Exchanges() => Write("in.jsonl", Odd.Select((text, i) => new InstructionRecord(
        "d", $"d_{i}", [new("user", $"q{text}"), new("assistant", text)])));

    private string Write(string name, IEnumerable<InstructionRecord> records)
    {
        InstructionFile.Write(_folder.In(name), records);
        return _folder.In(name);
    }

    private static List<string> Texts(string path) =>
        [.. InstructionFile.Read(path).Select(
            record => string.Join("|", record.Messages.Select(message => message.Role + message.Content)))];

    [Theory]
    [InlineData("messages", ".jsonl", ".json", ".parquet")]
    [InlineData("alpaca", ".jsonl", ".json", ".parquet", ".csv", ".xlsx")]
    [InlineData("dolly", ".jsonl", ".json", ".parquet", ".csv", ".xlsx")]
    [InlineData("prompt-completion", ".jsonl", ".json", ".parquet", ".csv", ".xlsx")]
    [InlineData("sharegpt", ".jsonl", ".json", ".parquet")]
    [InlineData("oasst", ".jsonl", ".json")]
    public void Convert_ThereAndBack_GivesTheSameConversations(string layout, params string[] endings)
    {
        var original = Exchanges();
        foreach (var ending in endings)
        {
            var (there, back) = (_folder.In("there" + ending), _folder.In("back.jsonl"));
            var tally = LayoutFile.Convert(original, there, layout);
            Assert.Equal((Odd.Length, Odd.Length), (tally.Read, tally.Written));
            // An empty cell of a workbook is no text at all, which only the layout's optional columns may be.
            var skip = ending == ".xlsx" ? 1 : 0;
            var returned = LayoutFile.Convert(there, back, "messages", skipInvalid: skip);
            Assert.Equal(skip, returned.Skipped.Values.Sum());
            Assert.Equal(Texts(original).Where((_, i) => skip == 0 || i != 2), Texts(back));
        }
    }

    [Fact]
    public void Convert_ConversationsWithSystemMessages_StayWhole()
    {
        var original = Write("in.jsonl",
        [
            new("d", "1", [new("system", "s"), .. Rounds]),
            new("d", "2", Rounds),
        ]);
        foreach (var (layout, ending) in
            new[] { ("sharegpt", ".json"), ("messages", ".parquet"), ("sharegpt", ".parquet") })
        {
            LayoutFile.Convert(original, _folder.In("x" + ending), layout);
            Assert.Equal(Texts(original), Texts(_folder.In("x" + ending)));
        }
        LayoutFile.Convert(original, _folder.In("tree.jsonl"), "oasst", skipInvalid: 1);
        LayoutFile.Convert(_folder.In("tree.jsonl"), _folder.In("back.jsonl"), "messages");
        Assert.Equal(Texts(original).Skip(1), Texts(_folder.In("back.jsonl")));
        Assert.Equal("2", InstructionFile.Read(_folder.In("back.jsonl")).Single().Id);
    }

    [Fact]
    public void Convert_WhatDoesNotFit_IsAnErrorOrACountedSkip()
    {
        var original = Write("in.jsonl",
        [
            new("d", "1", Rounds),
            new("d", "2", Rounds[..2]),
        ]);
        var error = Assert.Throws<RecordException>(() => LayoutFile.Convert(original, _folder.In("x.csv"), "alpaca"));
        Assert.Equal(
            $"{original}:1: the layout alpaca cannot hold anything but a question and its answer; " +
            "found user, assistant, user, assistant. (dataset d, id 1) [E08]", error.Message);
        Assert.False(File.Exists(_folder.In("x.csv")));
        var tally = LayoutFile.Convert(original, _folder.In("x.csv"), "alpaca", skipInvalid: 1);
        Assert.Equal((2, 1, 1), (tally.Read, tally.Kept, tally.Skipped["E08"]));
        Assert.Contains("cannot be written in this format", Assert.Throws<BadInputException>(
            () => LayoutFile.Convert(original, _folder.In("x.csv"), "messages")).Message);
        var control = Write("c.jsonl", [new("d", "1", [new("user", "\u0001"), new("assistant", "b")])]);
        Assert.Contains("Cell A2: a worksheet cannot hold the character U+0001", Assert.Throws<BadInputException>(
            () => LayoutFile.Convert(control, _folder.In("x.xlsx"), "alpaca")).Message);
    }

    [Fact]
    public void Convert_ToParquet_HasTheColumnsAndRowGroupsOfTheHub()
    {
        var long_ = new string('y', 1 << 20);
        var original = Write("in.jsonl", Enumerable.Range(0, 70).Select(i => new InstructionRecord(
            "d", $"{i}", [new("user", $"{i}"), new("assistant", long_ + i)])));
        LayoutFile.Convert(original, _folder.In("x.parquet"), "messages");
        using var file = ParquetFile.Open(_folder.In("x.parquet"));
        Assert.Equal(["dataset", "id", "messages"], file.Columns);
        Assert.Equal((70, 3), (file.Rows, file.RowGroups));
        Assert.Equal(Texts(original), Texts(file.Path));
    }

    [Fact]
    public void Convert_ToParquet_ManyPages_ComeBack()
    {
        // Pages end after a megabyte of one column, so those of a row group hold different numbers of rows.
        var original = Write("in.jsonl", Enumerable.Range(0, 3000).Select(i => new InstructionRecord(
            "d", $"{i}", [.. Enumerable.Range(0, 2 * (1 + i % 3)).Select(turn => new ChatMessage(
                turn % 2 == 0 ? "user" : "assistant", new string((char)('a' + i % 26), i) + turn))])));
        LayoutFile.Convert(original, _folder.In("x.parquet"), "messages");
        Assert.Equal(Texts(original), Texts(_folder.In("x.parquet")));
    }

    [Fact]
    public void Snappy_AnyBytes_ComeBack()
    {
        var random = new Random(3);
        for (var round = 0; round < 300; round++)
        {
            var data = new byte[random.Next(70_000)];
            for (var i = 0; i < data.Length; i++)
                data[i] = random.Next(8) > 0 && i > 40 ? data[i - 1 - random.Next(40)] : (byte)random.Next(256);
            var output = new byte[data.Length];
            Snappy.Decompress(Snappy.Compress(data), output);
            Assert.Equal(data, output);
        }
    }

    [Fact]
    public void Dolly_AsAnOasstTree_IsWhatOasstHas()
    {
        var original = Write("in.jsonl", [new("d", "t1", [new("user", "Hi"), new("assistant", "Hello")])]);
        LayoutFile.Convert(original, _folder.In("x.jsonl"), "oasst");
        using var tree = JsonDocument.Parse(File.ReadAllText(_folder.In("x.jsonl")));
        var prompt = tree.RootElement.GetProperty("prompt");
        Assert.Equal("prompter", prompt.GetProperty("role").GetString());
        Assert.Equal("t1_0", prompt.GetProperty("replies")[0].GetProperty("parent_id").GetString());
    }
}
