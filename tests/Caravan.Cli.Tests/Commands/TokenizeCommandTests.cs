using System.Text.Json;
using Caravan.Cli.Terminals;
using Caravan.Text;

namespace Caravan.Cli.Tests.Commands;

public sealed class TokenizeCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-tokenize-").FullName;

    public TokenizeCommandTests() =>
        ByteLevelBpeTrainer.Train(
            ["the cat and the dog the cat"], new ByteLevelBpeOptions { VocabularySize = 268, MinFrequency = 1 })
            .Save(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Text_AsArgumentOrPiped_IsShownPieceByPiece()
    {
        const string text = "the cat\U0001f42a\u001b[31m\u202e\n";

        var run = Tokenize(text);

        Assert.Equal(0, run.ExitCode);
        ApprovedText.Matches("tokenize text", run.Output);
        Assert.Equal(run.Output, CommandRun.Of(text, ["tokenize", "--tokenizer", _folder]).Output);
    }

    [Fact]
    public void Records_OfAnyLayout_ShowTextAndLoss()
    {
        var conversation =
            """{"id": "one", "messages": [{"role": "user", "content": "the\u001b[2J cat"}, """ +
            """{"role": "assistant", "content": "the dog"}]}""";
        var file = Write($$"""
            {{conversation}}
            {"text": "the cat"}
            {"prompt": "the", "completion": "dog"}
            """);

        var run = Tokenize("--input", file, "--chat-template", "zephyr");

        Assert.Equal(0, run.ExitCode);
        ApprovedText.Matches("tokenize records", run.Output.Replace(_folder, "FOLDER"));
    }

    [Fact]
    public void Json_OfRecords_HasWhatTrainingUses()
    {
        var conversation =
            """{"id": "one", "messages": [{"role": "user", "content": "the 🐪"}, """ +
            """{"role": "assistant", "content": "the cat"}]}""";
        var file = Write($$"""
            {{conversation}}
            {"text": "the"}
            """);
        var tokenizer = Tokenizer.Load(_folder);
        var chat = ChatTemplate.Tulu.Tokenize(
            tokenizer, [new("user", "the \U0001f42a"), new("assistant", "the cat")], int.MaxValue);

        var run = Tokenize("--input", file, "--json");

        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(2, lines.Length);
        Assert.Equal("one", lines[0].GetProperty("id").GetString());
        Assert.Equal(chat.Text, lines[0].GetProperty("text").GetString());
        Assert.Equal(chat.InputIds, lines[0].GetProperty("ids").Deserialize<int[]>());
        Assert.Equal(chat.Labels, lines[0].GetProperty("labels").Deserialize<int[]>());
        // The camel is two UTF-16 units and one character.
        var offsets = lines[0].GetProperty("offsets").Deserialize<int[][]>()!;
        Assert.Equal(chat.Text.Length - 1, offsets[^1][1]);
        Assert.False(lines[1].TryGetProperty("labels", out _));
        Assert.Equal(tokenizer.Encode("the"), lines[1].GetProperty("ids").Deserialize<int[]>());
    }

    [Fact]
    public void Input_Large_KeepsItsOrder()
    {
        var file = Write(string.Join(
            '\n', Enumerable.Range(0, 60_000).Select(i => $$"""{"text": "the cat {{i}} and the dog"}""")));

        var run = Tokenize("--input", file, "--json");

        var number = 0;
        foreach (var line in run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.StartsWith($$"""{"id":"records_{{number}}","text":"the cat {{number++}} and""", line);
        Assert.Equal(60_000, number);
    }

    [Fact]
    public void NoSpecialTokens_Given_LeavesThemOut()
    {
        Assert.Contains("<s>", Tokenize("the").Output);
        Assert.DoesNotContain("<s>", Tokenize("the", "--no-special-tokens").Output);
    }

    [Theory]
    [InlineData("""{"messages": [{"role": "robot", "content": "x"}]}""", "messages[0].role: unknown role \"robot\"")]
    [InlineData("""{"words": 3}""", "expected the column text or messages")]
    [InlineData("""{"text": 3}""", "text: expected a string, found a number")]
    [InlineData("""{"text": """, "invalid JSON")]
    [InlineData(
        """{"messages": [{"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]}""",
        "holds one instruction and one response")]
    public void Record_Unusable_IsAnErrorWithItsLine(string record, string message)
    {
        var file = Write($"{{\"text\": \"the\"}}\n{record}\n");

        var run = Tokenize("--input", file, "--chat-template", "alpaca");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{file}:2: ", run.Error);
        Assert.Contains(message, run.Error);
    }

    [Theory]
    [InlineData(new[] { "the", "--input", "x" }, "a text and --input cannot both be given")]
    [InlineData(new[] { "the", "--chat-template", "tulip" }, "'tulip': it must be one of tulu,")]
    public void CommandLine_Wrong_IsAUsageError(string[] args, string message)
    {
        var run = Tokenize(args);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public void Colours_OnATerminal_MarkTheLoss()
    {
        var output = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal
        {
            In = TextReader.Null, Out = output, Error = TextWriter.Null, OutIsTerminal = true, AllowsColours = true,
            Width = 80,
        };
        using var stop = new StopRequest(_ => { });
        var file = Write(
            """{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "dog"}]}""");

        Program.Run(
            ["tokenize", "--tokenizer", _folder, "--input", file],
            new CommandContext(terminal, stop, TimeProvider.System));

        Assert.Contains("\e[32md\e[0m", output.ToString());
        Assert.Contains("\e[2m<\e[0m", output.ToString());
    }

    private CommandRun Tokenize(params string[] args) => CommandRun.Of(["tokenize", "--tokenizer", _folder, .. args]);

    private string Write(string lines)
    {
        var path = Path.Combine(_folder, "records.jsonl");
        File.WriteAllText(path, lines);
        return path;
    }
}
