using System.Diagnostics;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Tests.CommandLine;

public sealed class ShellTests
{
    [Theory]
    [InlineData("quickstart-out/model")]
    [InlineData("")]
    [InlineData("my folder/it's $HOME `x` \"y\" \\ *")]
    [InlineData("two\nlines")]
    public void Quote_AnyWord_ReachesTheProgramAsItIs(string word)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"printf %s {Shell.Quote(word)}"])
        {
            RedirectStandardOutput = true,
        })!;
        Assert.Equal(word, shell.StandardOutput.ReadToEnd());
        shell.WaitForExit();
    }

    [Fact]
    public void Quote_PlainPath_StaysReadable() => Assert.Equal("a/b-c.d", Shell.Quote("a/b-c.d"));
}
