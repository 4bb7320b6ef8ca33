using System.CommandLine;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;
using Spectre.Console;

namespace Caravan.Cli.Commands.Models;

/// <summary><c>caravan models list</c>: the catalogue.</summary>
internal static class ModelsListCommand
{
    private const string AnyKind = "any";

    public static Command Create(CommandContext context)
    {
        var text = new Argument<string?>("text")
        {
            Description = "Only models with this text in name, base, data or licence, in any case.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var kind = Options.Choice(
            "--kind", "diff: of use only with the base; full: the model itself.", AnyKind, AnyKind, "diff", "full");
        var size = new Option<string?>("--size") { Description = "Only this size, such as 7B.", HelpName = "SIZE" };
        var json = new Option<bool>("--json")
        {
            Description = "Print one JSON array, with the commands of each model.",
        };
        var command = new DocumentedCommand("list", "Lists the released models.")
        {
            Examples =
            [
                new("caravan models list", "All"),
                new("caravan models list sharegpt --size 13B", "Trained on ShareGPT, with 13 billion parameters"),
                new("caravan models list --kind full --json", "For a program"),
            ],
        };
        command.Arguments.Add(text);
        foreach (var option in new Option[] { kind, size, json })
            command.Options.Add(option);
        command.SetAction(parsed => Run(
            context, parsed.GetValue(text), parsed.GetValue(kind)!, parsed.GetValue(size), parsed.GetValue(json)));
        return command;
    }

    private static int Run(CommandContext context, string? text, string kind, string? size, bool json)
    {
        var found = ReleasedModels.All
            .Where(model => kind == AnyKind || ReleaseJson.Kind(model) == kind)
            .Where(model => size is null || model.Size.Equals(size, StringComparison.OrdinalIgnoreCase))
            .Where(model => text is null || Matches(model, text))
            .ToList();
        if (json)
        {
            context.Terminal.Out.WriteLine(ReleaseJson.Write(
                new JsonArray([.. found.Select(model => (JsonNode)ReleaseJson.Describe(model))])));
            return ExitCode.Success;
        }
        if (found.Count == 0)
        {
            var sizes = ReleasedModels.All.Select(model => model.Size).Distinct().OrderBy(known => known.Length);
            context.Terminal.WriteError(
                $"No model in the catalogue fits.{(text is null ? "" : ReleasedModels.Suggest(text))} " +
                $"There are the sizes {string.Join(", ", sizes)}; 'caravan models list' shows all.");
            return ExitCode.Failure;
        }
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn(new TableColumn("model").NoWrap())
            .AddColumns("size", "kind", "base", "licence");
        foreach (var model in found)
        {
            table.AddRow(
                Markup.Escape(model.Name), model.Size, ReleaseJson.Kind(model),
                Markup.Escape(model.Base?.Split('/')[^1] ?? "–"), Markup.Escape(model.Licence));
        }
        context.Terminal.Console.Write(table);
        context.Terminal.Out.WriteLine(
            $"{found.Count} of {ReleasedModels.All.Count} models. A diff needs its base: 'caravan models show NAME' " +
            "gives the commands.");
        context.Terminal.Out.WriteLine($"Later models: {string.Join(", ", ReleasedModels.Collections)}");
        return ExitCode.Success;
    }

    private static bool Matches(ReleasedModel model, string text) =>
        new[] { model.Id, model.Family, model.Base ?? "", model.Data, model.Licence }
            .Any(field => field.Contains(text, StringComparison.OrdinalIgnoreCase));
}
