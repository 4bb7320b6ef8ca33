using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Files.Downloads;

namespace Caravan.Cli.Commands.Models;

/// <summary><c>caravan models show</c>: one released model and how to get it.</summary>
internal static class ModelsShowCommand
{
    public static Command Create(CommandContext context)
    {
        var name = new Argument<string>("model") { Description = "Its id, or its name without the owner." };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        var command = new DocumentedCommand(
            "show", "Shows a released model and the commands that fetch and recover it.")
        {
            Examples = [new("caravan models show tulu-65b", "The largest model of Tülu 1")],
        };
        command.Arguments.Add(name);
        command.Options.Add(json);
        command.SetAction(parsed => Run(context, ReleasedModels.Get(parsed.GetValue(name)!), parsed.GetValue(json)));
        return command;
    }

    private static int Run(CommandContext context, ReleasedModel model, bool json)
    {
        var output = context.Terminal.Out;
        if (json)
        {
            output.WriteLine(ReleaseJson.Write(ReleaseJson.Describe(model)));
            return ExitCode.Success;
        }
        FactSheet.Write(context.Terminal, Facts(model));
        output.WriteLine();
        foreach (var (words, purpose) in ReleaseRecipe.Of(model))
        {
            output.WriteLine($"# {purpose}");
            output.WriteLine(ReleaseRecipe.Line(words));
        }
        return ExitCode.Success;
    }

    private static IEnumerable<(string Name, string Value)> Facts(ReleasedModel model)
    {
        yield return ("model", model.Id);
        yield return ("page", $"{HubAccess.Home}/{model.Id}");
        yield return ("family", model.Family);
        yield return ("size", model.Size);
        yield return ("kind", model.Kind == ReleaseKind.Diff ? "diff: the model minus its base" : "full");
        if (model.Base is { } @base)
            yield return ("base", @base);
        yield return ("data", model.Data);
        yield return ("licence", model.Licence);
        yield return ("terms", model.Terms);
        if (model.Folder is { } folder)
            yield return ("folder", $"The weights lie in {folder}; the rest of the repository is for another program.");
    }
}
