using System.CommandLine;
using System.Text.RegularExpressions;
using Caravan.Cli.Commands;
using Caravan.Cli.Terminals;

namespace Caravan.Cli.Tests.Documentation;

/// <summary>
/// The tables for people who come from other toolkits: a command that they offer exists, and one that they call not
/// built yet does not, so that whoever builds it has to correct its row.
/// </summary>
public sealed partial class MigrationTablesTests
{
    private const string NotBuilt = "not built yet";

    public static TheoryData<string, string, string> Rows =>
    [
        .. from page in new[] { "coming-from-open-instruct.md", "coming-from-openalpaca.md" }
           from line in File.ReadLines(Path.Combine(Repository.Root, "docs", page))
           let cells = line.Split('|').Select(cell => cell.Trim()).ToArray()
           where cells.Length == 5
           from Match command in CommandPattern().Matches(cells[2])
           select new TheoryDataRow<string, string, string>(page, command.Groups[1].Value, cells[3]),
    ];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_SaysWhetherItsCommandExists(string page, string command, string note)
    {
        if (note == "")
            Assert.True(Exists(command), $"{page} offers `caravan {command}`, which does not exist");
        else if (note == NotBuilt)
            Assert.False(Exists(command), $"{page} says that `caravan {command}` is not built yet, but it exists");
    }

    [Fact]
    public void Rows_AreFoundOnThePages() => Assert.True(Rows.Count > 50);

    private static bool Exists(string usage)
    {
        using var stop = new StopRequest(_ => { });
        var terminal = new Terminal
        {
            In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null, Width = 80,
        };
        Command? command = CaravanCommand.Create(new CommandContext(terminal, stop, TimeProvider.System));
        var words = usage.Split(' ');
        foreach (var name in words.TakeWhile(word => NamePattern().IsMatch(word)))
            command = command?.Subcommands.FirstOrDefault(candidate => candidate.Name == name);
        return command is not null
            && words.Where(word => word.StartsWith("--", StringComparison.Ordinal))
                .All(name => command.Options.Any(option => option.Name == name || option.Aliases.Contains(name)));
    }

    [GeneratedRegex(@"`caravan ([^`]+)`")]
    private static partial Regex CommandPattern();

    // A command's name, as against a placeholder such as DIR.
    [GeneratedRegex(@"^[a-z][a-z-]*$")]
    private static partial Regex NamePattern();
}
