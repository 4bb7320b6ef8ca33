using System.Runtime.InteropServices;

namespace Caravan.Cli.Tests;

public sealed class ProgramTests
{
    [Fact]
    public void Version_Printed_IsOneLine()
    {
        var run = CommandRun.Of("--version");
        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^caravan \d+\.\d+\.\d+\n$", run.Output);
    }

    [Theory]
    [InlineData("caravan")]
    [InlineData("caravan quickstart")]
    [InlineData("caravan train")]
    [InlineData("caravan generate")]
    [InlineData("caravan chat")]
    [InlineData("caravan data")]
    [InlineData("caravan data list")]
    [InlineData("caravan data fetch")]
    [InlineData("caravan data prepare")]
    [InlineData("caravan data mix")]
    [InlineData("caravan data stats")]
    [InlineData("caravan data show")]
    [InlineData("caravan data check")]
    [InlineData("caravan data dedup")]
    [InlineData("caravan data decontaminate")]
    [InlineData("caravan data convert")]
    [InlineData("caravan data resample-flan")]
    [InlineData("caravan bench")]
    [InlineData("caravan bench train")]
    [InlineData("caravan tokenize")]
    [InlineData("caravan doctor")]
    [InlineData("caravan models")]
    [InlineData("caravan models list")]
    [InlineData("caravan models show")]
    [InlineData("caravan models fetch")]
    [InlineData("caravan weights card")]
    [InlineData("caravan weights")]
    [InlineData("caravan weights init")]
    [InlineData("caravan weights recover")]
    [InlineData("caravan weights make-diff")]
    [InlineData("caravan weights merge-lora")]
    public void Help_OfCommand_IsAsApproved(string command)
    {
        var run = CommandRun.Of([.. command.Split(' ')[1..], "--help"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        ApprovedText.Matches($"help {command}", run.Output);
    }

    [Fact]
    public void NoCommand_Given_PrintsHelp()
    {
        var run = CommandRun.Of();
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(CommandRun.Of("--help").Output, run.Output);
    }

    [Theory]
    [InlineData("doctro", "'caravan' has no command 'doctro'. Did you mean 'doctor'?")]
    [InlineData("doctor --jsno", "'caravan doctor' has no option '--jsno'. Did you mean '--json'?")]
    [InlineData("doctor --purple", "'caravan doctor' has no option '--purple'.")]
    [InlineData("doctor now", "'caravan doctor' cannot use the word 'now'.")]
    [InlineData("train stf", "'caravan train' has no command 'stf'. Did you mean 'sft'? There are: sft.")]
    [InlineData("train", "a command is missing after 'caravan train': sft.")]
    public void CommandLine_Wrong_IsUsageErrorWithSuggestion(string line, string message)
    {
        var run = CommandRun.Of(line.Split(' '));
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.StartsWith($"caravan: error: {message}", run.Error);
        Assert.Contains("--help' to see what it takes", run.Error);
    }

    [Fact]
    public void Options_SeveralUnknown_AreAllNamed()
    {
        var run = CommandRun.Of("doctor", "--jsno", "-1", "--purple");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("no option '--jsno'. Did you mean '--json'?", run.Error);
        Assert.Contains("no option '--purple'.", run.Error);
        Assert.DoesNotContain("'-1'", run.Error);
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT, 130)]
    [InlineData(PosixSignal.SIGTERM, 143)]
    public void Signal_Received_GivesItsExitCodeAndTheSecondEndsAtOnce(PosixSignal signal, int expected)
    {
        var atOnce = new List<int>();
        using var stop = new StopRequest(atOnce.Add);
        stop.Signal(signal);
        Assert.True(stop.Token.IsCancellationRequested);
        Assert.Equal(expected, stop.ExitCode);
        Assert.Empty(atOnce);
        stop.Signal(signal);
        Assert.Equal([expected], atOnce);
    }
}
