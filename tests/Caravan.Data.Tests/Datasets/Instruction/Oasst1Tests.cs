using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Instruction;
using Caravan.Data.Tests.Conversion;
using Caravan.Files;

namespace Caravan.Data.Tests.Datasets.Instruction;

public sealed class Oasst1Tests : IDisposable
{
    private const string File = "2023-04-12_oasst_ready.trees.jsonl";

    // P0 → A1 (.9) → P2 (.5) → A3, and P4 (.7) unanswered; A5 (.2); A6 (.1) → P7 deleted.
    private static readonly string Tree = Node("P0",
        Node("A1", .9, Node("P2", .5, Node("A3")), Node("P4", .7)), Node(
            "A5", .2), Node("A6", .1, Node("P7", deleted: true)));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Node(string name, params string[] replies) => Node(name, null, false, replies);

    private static string Node(string name, double quality, params string[] replies) =>
        Node(name, quality, false, replies);

    private static string Node(string name, bool deleted) => Node(name, null, deleted, []);

    private static string Node(string name, double? quality, bool deleted, params string[] replies)
    {
        var role = name[0] == 'P' ? "prompter" : "assistant";
        var labels = quality is { } value ? $$$"""{"quality": {"value": {{{value}}}, "count": 3}}""" : "{}";
        return $$"""
            {"message_id": "{{name}}", "text": "{{name}}", "role": "{{role}}", "lang": "en",
            "deleted": {{(deleted ? "true" : "false")}}, "labels": {{labels}},
            "replies": [{{string.Join(", ", replies)}}]}
            """.OneLine();
    }

    private Converted Convert(Compatibility compatibility, params (string, string)[] options)
    {
        _folder.Write(File, $$"""{"message_tree_id": "t", "prompt": {{Tree}}}""" + "\n");
        return Converted.By(new Oasst1(), _folder, Converted.With(compatibility, 0, options));
    }

    private static string[] Paths(Converted converted) =>
        [.. converted.Records.Select(record => string.Concat(record.Messages.Select(message => message.Content)))];

    [Theory]
    [InlineData("false", null)]
    [InlineData("true", "\"quality_scores\": [0, 0.9], \"avg_quality_score\": 0.45")]
    public void Convert_WithQualities_GivesThoseOfEachMessageAndTheirMean(string wanted, string? expected)
    {
        var converted = Convert(Compatibility.Fixed, ("top_k_reply", "1"), ("quality_scores", wanted));
        Assert.Equal(expected, converted.Records.Single().OtherKeys);
        var manifest = Preparation.Prepare(
            new Oasst1(), _folder.Path, _folder.In("out"), converted.Run.Settings,
            TestContext.Current.CancellationToken);
        var record = InstructionFile.Read(_folder.In($"out/{manifest.Output.Name}")).Single();
        Assert.Equal(expected, record.OtherKeys);
    }

    [Theory]
    [InlineData(Compatibility.Reference, "none", "leaves", "P0A1P2A3 P0A5")]
    [InlineData(Compatibility.Reference, "2", "leaves", "P0A1P2A3 P0A5")]
    [InlineData(Compatibility.Reference, "1", "leaves", "")]
    [InlineData(Compatibility.Reference, "none", "answers", "P0A1 P0A1P2A3 P0A5 P0A6")]
    [InlineData(Compatibility.Fixed, "none", "leaves", "P0A1P2A3 P0A5 P0A6")]
    [InlineData(Compatibility.Fixed, "2", "leaves", "P0A1P2A3 P0A5")]
    [InlineData(Compatibility.Fixed, "1", "leaves", "P0A1")]
    public void Convert_WorkedTree_GivesThePathsOfEachRule(
        Compatibility compatibility, string topK, string walk, string expected)
    {
        var converted = Convert(compatibility, ("top_k_reply", topK), ("walk", walk));
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), Paths(converted));
        Assert.Equal(8, converted.Tally.Read);
    }

    [Fact]
    public void Convert_LostMessages_AreCountedByReason()
    {
        var fixedBest = Convert(Compatibility.Fixed, ("top_k_reply", "1")).Tally;
        Assert.Equal(2, fixedBest.Kept);
        Assert.Equal(new() { ["leads_to_no_answer"] = 1, ["not_among_the_best"] = 5 }, fixedBest.Skipped);
        var reference = Convert(Compatibility.Reference).Tally;
        Assert.Equal(new() { ["deleted"] = 1, ["leads_to_no_answer"] = 2 }, reference.Skipped);
        Assert.Equal("oasst1_0", Convert(Compatibility.Fixed).Records[0].Id);
    }

    [Fact]
    public void Convert_EqualQuality_KeepsTheFilesOrder_AndRankIsAnOption()
    {
        _folder.Write(File, """
            {"prompt": {"message_id": "p", "text": "p", "role": "prompter", "replies": [
            {"text": "x", "role": "assistant", "rank": 1, "deleted": null},
            {"text": "y", "role": "assistant", "rank": 0, "labels": null}]}}
            """.OneLine());
        var settings = Converted.With(options: ("top_k_reply", "1"));
        var converted = Converted.By(new Oasst1(), _folder, settings);
        Assert.Equal(["oasst1_0|u:p|a:x"], converted.Lines);
        Assert.Equal(2, converted.Tally.Normalised["no_quality"]);
        settings = Converted.With(options: [("top_k_reply", "1"), ("order_by", "rank")]);
        Assert.Equal(["oasst1_0|u:p|a:y"], Converted.By(new Oasst1(), _folder, settings).Lines);
        settings = Converted.With(options: ("lang", "de"));
        Assert.Equal(3, Converted.By(new Oasst1(), _folder, settings).Tally.Skipped["other_language"]);
    }

    [Fact]
    public void Convert_UnknownRole_NamesTheMessage()
    {
        var path = _folder.Write(
            File, """{"prompt": {"message_id": "m9", "text": "p", "role": "bot", "replies": []}}""");
        var error = Assert.Throws<RecordException>(() => Converted.By(new Oasst1(), _folder));
        Assert.Equal(
            $"{path}:1: message m9: unknown role \"bot\"; expected prompter or assistant. (dataset oasst1) [E03]",
            error.Message);
    }

    [Fact]
    public void Convert_AThreadOf200Replies_IsNotTooDeep()
    {
        var node = Node("A199");
        for (var i = 198; i >= 0; i--)
            node = Node((i % 2 == 0 ? "P" : "A") + i, node);
        _folder.Write(File, $$"""{"prompt": {{node.Replace("\n", "")}}}""");
        Assert.Equal(200, Converted.By(
            new Oasst1(), _folder, Converted.With(Compatibility.Fixed, 1)).Records.Single().Messages.Count);
    }

    private static string Row(
        string name, string? parent = null, double? quality = null, bool deleted = false, string role = "")
    {
        role = role.Length > 0 ? role : name[0] == 'P' ? "prompter" : "assistant";
        return $$"""
            {"message_id": "{{name}}", "parent_id": {{(parent is null ? "null" : $"\"{parent}\"")}}, "text": "{{name}}",
            "role": "{{role}}", "lang": "en", "deleted": {{(deleted ? "true" : "false")}}, "rank": 1,
            "labels": {{(quality is { } value
                ? $$"""{"name": ["spam", "quality"], "value": [0.9, {{value}}], "count": [3, 3]}""" : "null")}}}
            """.OneLine();
    }

    private static readonly string[] Table =
    [
        Row("P0"), Row("A1", "P0", .9), Row("P2", "A1", .5), Row("A3", "P2"), Row("P4", "A1", .7), Row("A5", "P0", .2),
        Row("A6", "P0", .1), Row("P7", "A6", deleted: true),
    ];

    [Theory]
    [InlineData(Compatibility.Reference, "none", "leaves")]
    [InlineData(Compatibility.Reference, "2", "leaves")]
    [InlineData(Compatibility.Reference, "none", "answers")]
    [InlineData(Compatibility.Fixed, "none", "leaves")]
    [InlineData(Compatibility.Fixed, "2", "leaves")]
    [InlineData(Compatibility.Fixed, "1", "leaves")]
    public void Convert_FlatTable_GivesWhatTheTreesGive(Compatibility compatibility, string topK, string walk)
    {
        (string, string)[] options = [("top_k_reply", topK), ("walk", walk)];
        var trees = Convert(compatibility, options);
        System.IO.File.Delete(_folder.In(File));
        _folder.Write("train.jsonl", string.Join("\n", Table));
        var table = Converted.By(new Oasst1(), _folder, Converted.With(compatibility, 0, options));
        Assert.Equal(trees.Lines, table.Lines);
        Assert.Equal((trees.Tally.Read, trees.Tally.Kept), (table.Tally.Read, table.Tally.Kept));
        Assert.Equal(trees.Tally.Skipped, table.Tally.Skipped);
    }

    [Fact]
    public void Convert_FlatTableWithFaults_CountsThemAndNamesThem()
    {
        _folder.Write("train.jsonl", string.Join("\n",
            [.. Table, Row("A8", "P9"), Row("P10", "A8"), Row("A11", "P0", role: "bot"), Row("A12", "A11")]));
        var converted = Converted.By(new Oasst1(), _folder, Converted.With(skip: 1));
        Assert.Equal(["P0A1P2A3", "P0A5", "P0A6"], Paths(converted));
        Assert.Equal((12, 1, 3),
            (converted.Tally.Read, converted.Tally.Skipped["E03"], converted.Tally.Skipped["parent_is_not_there"]));
        var path = _folder.Write("train.jsonl", Row("P0") + "\n" + Row("P0"));
        Assert.Equal($"{path}:2: message P0: occurs twice. (dataset oasst1, id P0) [E02]",
            Assert.Throws<RecordException>(() => Converted.By(new Oasst1(), _folder)).Message);
        System.IO.File.Delete(path);
        Assert.Contains("trees.jsonl is not there", Assert.Throws<BadInputException>(
            () => Converted.By(new Oasst1(), _folder)).Message);
    }
}
