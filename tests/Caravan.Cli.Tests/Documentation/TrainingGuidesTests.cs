using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Caravan.Cli.Commands;
using Caravan.Cli.Terminals;
using Caravan.Training;
using Caravan.Training.Configuration;

namespace Caravan.Cli.Tests.Documentation;

/// <summary>The command lines of the guides to training can be read by the program, and so can the configurations in
/// them.</summary>
public sealed partial class TrainingGuidesTests
{
    private static readonly string[] Pages =
        ["finetuning.md", "coming-from-open-instruct.md", "coming-from-openalpaca.md"];

    public static TheoryData<string> Commands =>
    [
        .. from page in Pages
           from Match block in Shell().Matches(Read(page))
           from line in block.Groups[1].Value.Replace("\\\n", " ").Split('\n')
           where line.StartsWith("caravan ", StringComparison.Ordinal)
           select new TheoryDataRow<string>(line),
    ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_IsUnderstood(string line)
    {
        using var stop = new StopRequest(_ => { });
        var terminal = new Terminal { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null };
        var caravan = CaravanCommand.Create(new CommandContext(terminal, stop, TimeProvider.System));
        Assert.Empty(caravan.Parse([.. CommandLineParser.SplitCommandLine(line).Skip(1)]).Errors);
    }

    [Fact]
    public void Commands_AreFoundOnThePages() => Assert.True(Commands.Count >= 7, $"{Commands.Count}");

    [Fact]
    public void Configurations_AreRead()
    {
        var blocks = Yaml().Matches(Read("finetuning.md"));
        Assert.NotEmpty(blocks);
        var file = Path.GetTempFileName();
        foreach (Match block in blocks)
        {
            File.WriteAllText(file, block.Groups[1].Value);
            ConfigurationReader.Read<SftConfig>(file, new Dictionary<string, string>
            {
                ["model_name_or_path"] = "model",
                ["output_dir"] = "out",
            });
        }
        File.Delete(file);
    }

    private static string Read(string page) => File.ReadAllText(Path.Combine(Repository.Root, "docs", page));

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Shell();

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Yaml();
}
