using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Instruction;
using Caravan.Data.Tests.Conversion;
using Caravan.Files;

namespace Caravan.Data.Tests.Datasets.Instruction;

public sealed class ShareGptTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("10 10", "0-2", 0, 0)]
    [InlineData("40 40 40 40", "0-2", 0, 2)]
    [InlineData("40 40 40 40 10 9", "0-2 2-6", 0, 0)]
    [InlineData("80 80 10 10 10 10", "2-6", 2, 0)]
    [InlineData("10 10 80 80 10 10 10 10", "0-2 4-8", 2, 0)]
    [InlineData("10 10 80 80 10 10", "0-2", 2, 2)]
    [InlineData("50 50", "0-2", 0, 0)]
    [InlineData("", "", 0, 0)]
    public void Split_AsReference_LosesWhatItLoses(string costs, string pieces, int tooLong, int lost)
    {
        var outcome = new ConversationSplitter(100, asReference: true).Split(Costs(costs));
        Assert.Equal(pieces, string.Join(" ", outcome.Pieces.Select(piece => $"{piece.Start}-{piece.End}")));
        Assert.Equal((tooLong, lost), (outcome.TooLong, outcome.Lost));
    }

    [Theory]
    [InlineData("40 40 40 40", "0-2 2-4", 0)]
    [InlineData("80 80 10 10 10 10", "2-6", 2)]
    [InlineData("10 10 80 80 10 10", "0-2 4-6", 2)]
    [InlineData("10 10 10 10 80 80", "0-4", 2)]
    [InlineData("80 80 80 80", "", 4)]
    public void Split_Fixed_LosesOnlyPairsThatAreTooLong(string costs, string pieces, int tooLong)
    {
        var outcome = new ConversationSplitter(100, asReference: false).Split(Costs(costs));
        Assert.Equal(pieces, string.Join(" ", outcome.Pieces.Select(piece => $"{piece.Start}-{piece.End}")));
        Assert.Equal((tooLong, 0, 0), (outcome.TooLong, outcome.Lost, outcome.EmptyPieces));
    }

    [Fact]
    public void Split_Fixed_RandomCosts_CoversEveryPairOnceWithinTheBudget()
    {
        var random = new Random(1);
        for (var round = 0; round < 2000; round++)
        {
            int[] costs = [.. Enumerable.Range(0, 2 * random.Next(8)).Select(_ => random.Next(1, 80))];
            var outcome = new ConversationSplitter(100, asReference: false).Split(costs);
            var covered = outcome.Pieces.SelectMany(
                piece => Enumerable.Range(piece.Start, piece.End - piece.Start)).ToList();
            Assert.Equal(covered.Distinct().Order(), covered);
            Assert.Equal(costs.Length, covered.Count + outcome.TooLong);
            Assert.All(outcome.Pieces, piece => Assert.InRange(costs[piece.Start..piece.End].Sum(), 1, 100));
            Assert.All(outcome.Pieces, piece => Assert.Equal(0, piece.Start % 2));
        }
    }

    private static int[] Costs(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    // A token for every character; a message costs seven more.
    private Converted Convert(Compatibility compatibility, string part1, params (string, string)[] options)
    {
        _folder.Write("sg_90k_part1_html_cleaned.json", part1);
        _folder.Write("sg_90k_part2_html_cleaned.json", "[]");
        return Converted.By(new ShareGpt(), _folder,
            Converted.With(compatibility, 0, [("max_length", "100"), .. options]) with { CountTokens = text =>
                text.Length });
    }

    private static string Conversation(string id, params (string From, int Cost)[] turns) =>
        JsonSerializer.Serialize(new
    {
        id,
        conversations = turns.Select(turn => new { from = turn.From, value = new string('x', turn.Cost - 7) }),
    });

    [Fact]
    public void Convert_EveryWayToLoseMessages_IsCounted()
    {
        var data = string.Join(",\n",
            Conversation("a", ("human", 40), ("gpt", 40), ("human", 40), ("gpt", 40), ("human", 10)),
            Conversation("b", ("gpt", 10), ("human", 10)),
            Conversation("c", ("user", 10), ("gpt", 10)),
            Conversation("d", ("human", 10), ("bing", 10)),
            Conversation("e", ("system", 10)),
            Conversation("f"),
            """{"id": 7, "conversations": [{"from": "human", "value": " <b>a</b> "}, {"from": "gpt", "value": "c"}]}""",
            """{"id": "g", "conversations": [{"from": "human", "value": null}, {"from": "gpt", "value": "c"}]}""");
        var reference = Convert(Compatibility.Reference, $"[{data}]");
        Assert.Equal(["sharegpt_a_0", "sharegpt_7_0"], reference.Records.Select(record => record.Id));
        Assert.Equal(new()
        {
            ["lost_by_split"] = 2, ["odd_tail"] = 2, ["sender_bing"] = 2, ["sender_user"] = 2, ["value_is_no_text"] = 2,
            ["wrong_order"] = 2,
        }, reference.Tally.Skipped);
        Assert.Equal((16, 4), (reference.Tally.Read, reference.Tally.Kept));
        var repaired = Convert(Compatibility.Fixed, $"[{data}]");
        Assert.Equal(["sharegpt_a_0", "sharegpt_a_2", "sharegpt_7_0"], repaired.Records.Select(record => record.Id));
        Assert.Equal(" <b>a</b> ", repaired.Records[2].Messages[0].Content);
        Assert.Equal(1, repaired.Tally.Normalised["number_as_text"]);
        Assert.Equal(2, Convert(Compatibility.Fixed, $"[{data}]", ("num_examples", "2")).Records.Count);
    }

    private Converted Pieces(
        string file, Compatibility compatibility, string json, string length = "4096", long skip = 0)
    {
        _folder.Write(file, json);
        return Converted.By(new ShareGpt(), _folder, Converted.With(compatibility, skip, ("max_length", length)));
    }

    [Theory]
    [InlineData(Compatibility.Fixed)]
    [InlineData(Compatibility.Reference)]
    public void Convert_PublishedPieces_AreTakenWholeAndNeedNoTokenizer(Compatibility compatibility)
    {
        var data = string.Join(",\n",
            Conversation("a_0", ("human", 10), ("gpt", 9999)),
            Conversation("a_2", ("user", 8), ("chatgpt", 9), ("human", 10)),
            Conversation("b_0", ("human", 10), ("bing", 10)),
            Conversation("c_0", ("system", 10), ("human", 10), ("gpt", 10)), Conversation("d_0"),
            """{"id": "e_0", "conversations": [{"from": "human", "value": null}, {"from": "gpt", "value": "x"}]}""");
        var converted = Pieces("sharegpt_html_cleaned_and_split_4096.json", compatibility, $"[{data}]");
        Assert.Equal(["sharegpt_a_0", "sharegpt_a_2"], converted.Records.Select(record => record.Id));
        Assert.Equal(["user 1", "assistant 2", "user 3"],
            converted.Records[1].Messages.Select(message => $"{message.Role} {message.Content.Length}"));
        Assert.Equal(
            new() { ["sender_bing"] = 2, ["sender_system"] = 3, ["value_is_no_text"] = 2 }, converted.Tally.Skipped);
        Assert.Equal((12, 5), (converted.Tally.Read, converted.Tally.Kept));
        Assert.Equal(new() { ["W04"] = 1, ["empty_conversation"] = 1 }, converted.Tally.Warnings);
    }

    [Fact]
    public void Convert_PublishedPieces_AreThoseOfTheLength_AndGiveWayToTheWholeConversations()
    {
        static string One(string id) => $"[{Conversation(id, ("human", 10), ("gpt", 10))}]";
        var old = Pieces("sharegpt_html_cleaned_and_split.json", Compatibility.Fixed, One("old_0"), "2048");
        Assert.Equal("sharegpt_old_0", old.Records.Single().Id);
        var named = Pieces("sharegpt_html_cleaned_and_split_2048.json", Compatibility.Fixed, One("new_0"), "2048");
        Assert.Equal("sharegpt_new_0", named.Records.Single().Id);
        Assert.Contains("sg_90k_part1_html_cleaned.json is not there", Assert.Throws<BadInputException>(() => Pieces(
            "sharegpt_html_cleaned_and_split_2048.json", Compatibility.Fixed, One("new_0"))).Message);
        Pieces("sharegpt_html_cleaned_and_split_100.json", Compatibility.Fixed, One("piece_0"), "100");
        Assert.Equal("sharegpt_whole_0", Convert(Compatibility.Fixed, One("whole")).Records.Single().Id);
    }

    [Fact]
    public void Convert_PublishedPieces_UnknownSender_IsAnError_OrSkipped()
    {
        var bad = Conversation("a_0", ("human", 9), ("gtp", 9));
        var good = Conversation("b_0", ("human", 9), ("gpt", 9));
        var data = $"[{bad}, {good}]";
        const string File = "sharegpt_html_cleaned_and_split_4096.json";
        Assert.Contains("conversations[1].from: unknown sender \"gtp\"; expected human, user, gpt or chatgpt. " +
            "(dataset sharegpt, id a_0) [E03]",
            Assert.Throws<RecordException>(() => Pieces(File, Compatibility.Reference, data)).Message);
        var skipping = Pieces(File, Compatibility.Reference, data, skip: 1);
        Assert.Equal("sharegpt_b_0", skipping.Records.Single().Id);
        Assert.Equal((3, 2, 1), (skipping.Tally.Read, skipping.Tally.Kept, skipping.Tally.Skipped["E03"]));
    }

    [Fact]
    public void Convert_WithoutATokenizer_SaysSo()
    {
        _folder.Write("sg_90k_part1_html_cleaned.json", "[]");
        _folder.Write("sg_90k_part2_html_cleaned.json", "[]");
        Assert.Contains(
            "needs a tokenizer", Assert.Throws<BadInputException>(() => Converted.By(new ShareGpt(), _folder)).Message);
    }
}
