using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Models;

/// <summary>What <c>caravan models fetch</c> asks for.</summary>
internal sealed class FetchOptions
{
    private readonly Option<string[]> _include = Patterns(
        "--include", "Only files of this pattern; * stands for anything, DIR/ for a folder.");

    private readonly Option<string[]> _exclude = Patterns("--exclude", "No files of this pattern.");

    private readonly Option<bool> _all = new("--all")
    {
        Description = "Also formats that Caravan does not read, and weights that are there twice.",
    };

    public Argument<string> Model { get; } = new("model")
    {
        Description = "Any repository of the hub, owner/name, or a name from the catalogue.",
    };

    public Option<string> Output { get; } = Options.Path(
        "--output", "DIR", "Folder to write. [default: the model's name]");

    public Option<string> Revision { get; } = new("--revision")
    {
        Description = "Branch, tag or commit.",
        HelpName = "REVISION",
        DefaultValueFactory = _ => "main",
    };

    public Option<bool> DryRun { get; } = new("--dry-run")
    {
        Description = "List the files and their sizes; fetch nothing.",
    };

    public Option<bool> Overwrite { get; } = new("--overwrite")
    {
        Description = "Replace files that are there and differ.",
    };

    public Option<long> Workers { get; } = Options.Integer(
        "--workers", "Files fetched at the same time.", 4, new NumberRange(1, 32));

    public HubOptions Hub { get; } = new();

    public void AddTo(Command command)
    {
        command.Arguments.Add(Model);
        foreach (var option in new Option[] { Output, Revision, _include, _exclude, _all, DryRun, Overwrite, Workers })
            command.Options.Add(option);
        Hub.AddTo(command);
    }

    public HubSelection Selection(ParseResult parsed) => new()
    {
        Include = parsed.GetValue(_include)!,
        Exclude = parsed.GetValue(_exclude)!,
        All = parsed.GetValue(_all),
    };

    private static Option<string[]> Patterns(string name, string description) => new(name)
    {
        Description = $"{description} May be given several times.",
        HelpName = "PATTERN",
        DefaultValueFactory = _ => [],
    };
}
