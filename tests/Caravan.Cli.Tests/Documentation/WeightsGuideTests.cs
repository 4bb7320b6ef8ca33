using Caravan.Cli.Commands;
using Caravan.Cli.Terminals;

namespace Caravan.Cli.Tests.Documentation;

/// <summary>Every command line of <c>docs/weights.md</c> is one that the program takes.</summary>
public sealed class WeightsGuideTests
{
    public static TheoryData<string> Commands =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "docs", "weights.md"))
            .Where(line => line.StartsWith("    caravan ", StringComparison.Ordinal)).Select(line => line.Trim()),
    ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Line_OfTheGuide_IsUnderstood(string line)
    {
        using var stop = new StopRequest(_ => { });
        var terminal = new Terminal
        {
            In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null, Width = 80,
        };
        var command = CaravanCommand.Create(new CommandContext(terminal, stop, TimeProvider.System));
        Assert.Empty(command.Parse(line.Split(' ')[1..]).Errors);
    }
}
