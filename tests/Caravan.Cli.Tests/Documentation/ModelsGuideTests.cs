using System.CommandLine.Parsing;
using Caravan.Cli.Commands;
using Caravan.Cli.Terminals;

namespace Caravan.Cli.Tests.Documentation;

/// <summary>The command lines of docs/models.md can be read by the program.</summary>
public sealed class ModelsGuideTests
{
    public static TheoryData<string> Lines =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "docs", "models.md"))
            .Where(line => line.StartsWith("caravan ", StringComparison.Ordinal)),
    ];

    [Theory]
    [MemberData(nameof(Lines))]
    public void Line_IsUnderstood(string line)
    {
        using var stop = new StopRequest(_ => { });
        var terminal = new Terminal { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null };
        var caravan = CaravanCommand.Create(new CommandContext(terminal, stop, TimeProvider.System));
        Assert.Empty(caravan.Parse([.. CommandLineParser.SplitCommandLine(line).Skip(1)]).Errors);
    }

    [Fact]
    public void Lines_AreFoundOnThePage() => Assert.True(Lines.Count > 5);
}
