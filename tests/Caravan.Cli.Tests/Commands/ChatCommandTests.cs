namespace Caravan.Cli.Tests.Commands;

public sealed class ChatCommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Question_Asked_IsAnsweredAsGenerateWould()
    {
        var alone = CommandRun.Of(
            "generate", "--model", _model.Path, "--chat", "--prompt", "the cat", "--temperature", "0",
            "--max-new-tokens", "12");
        Assert.Equal([alone.Output], Answers("the cat\n"));
    }

    [Fact]
    public void SecondQuestion_AfterReset_IsAnsweredAsTheFirst()
    {
        var answers = Answers("the cat\n/reset\nthe cat\n");
        Assert.Equal(answers[0], answers[2]);
    }

    [Fact]
    public void SecondQuestion_WithoutReset_SeesTheFirst()
    {
        var answers = Answers("the cat\nthe cat\n");
        Assert.NotEqual(answers[0], answers[1]);
    }

    [Fact]
    public void System_Set_ChangesTheAnswer()
    {
        var asCommand = Answers("/system be a dog\nthe cat\n");
        Assert.Equal("The instruction is set; the conversation begins anew.", asCommand[0]);
        Assert.NotEqual(Answers("the cat\n")[0], asCommand[1]);
        Assert.Equal(asCommand[1], Answers("the cat\n", "--system", "be a dog")[0]);
    }

    [Fact]
    public void Quit_Given_EndsWithoutReadingOn() => Assert.Empty(Answers("/quit\nthe cat\n"));

    [Fact]
    public void Command_Unknown_IsNotSentToTheModel() =>
        Assert.StartsWith("There is no /foo.", Answers("/foo\n")[0]);

    [Fact]
    public void Conversation_LongerThanTheContext_ForgetsTheOldestTurns()
    {
        var question = "the cat and the dog\n";
        var lines = Answers(question + question + question + question);
        Assert.Contains("The model's context is full: the oldest 2 turns are forgotten.", lines);
    }

    [Fact]
    public void Question_LongerThanTheContext_IsRefusedAndTheConversationGoesOn()
    {
        var run = Chat(new string('x', 500) + "\nthe cat\n");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"context holds {TinyModel.MaxPositions}", run.Error);
        Assert.EndsWith(Answers("the cat\n")[0] + "\n", run.Output);
    }

    private CommandRun Chat(string input, params string[] options) => CommandRun.Of(
        input, ["chat", "--model", _model.Path, "--temperature", "0", "--max-new-tokens", "12", .. options]);

    // The lines after the greeting, which takes two at this width.
    private string[] Answers(string input, params string[] options)
    {
        var run = Chat(input, options);
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        return [.. run.Output.Split('\n').Skip(2).SkipLast(1)];
    }
}
