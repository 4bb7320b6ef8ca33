using System.CommandLine;
using System.Text.Json.Nodes;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets;
using Caravan.Data.Mixtures;
using Spectre.Console;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data list</c>: the catalogue, and all that it knows of one dataset.</summary>
internal static class DataListCommand
{
    public static Command Create(CommandContext context)
    {
        var name = new Argument<string?>("dataset")
        {
            Description = "All about this one: its page, its files, its options.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var json = new Option<bool>("--json")
        {
            Description = "Print JSON: of one dataset an object, of all an array.",
        };
        var command = new DocumentedCommand("list", "Lists the datasets that can be fetched and prepared.")
        {
            Examples =
            [
                new("caravan data list", "All datasets with size and licence"),
                new("caravan data list oasst1", "Where it is from, and what '--set' takes"),
                new("caravan data list --json", "For a program"),
            ],
        };
        command.Arguments.Add(name);
        command.Options.Add(json);
        command.SetAction(parsed => Run(context, parsed.GetValue(name), parsed.GetValue(json)));
        return command;
    }

    private static int Run(CommandContext context, string? name, bool json)
    {
        if (name is not null)
        {
            var card = DatasetCatalogue.Find(name).Card;
            if (json)
                context.Terminal.Out.WriteLine(CardJson.Write(CardJson.Describe(card)));
            else
                Describe(context, card);
        }
        else if (json)
        {
            context.Terminal.Out.WriteLine(CardJson.Write(new JsonArray(
                [.. DatasetCatalogue.All.Select(dataset => (JsonNode)CardJson.Describe(dataset.Card))])));
        }
        else
            Overview(context);
        return ExitCode.Success;
    }

    private static void Overview(CommandContext context)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn(new TableColumn("dataset").NoWrap())
            .AddColumns("what", "records", "licence");
        foreach (var card in DatasetCatalogue.All.Select(dataset => dataset.Card))
        {
            table.AddRow(
                Markup.Escape(card.Slug), Markup.Escape(card.Title), Markup.Escape(card.Size),
                Markup.Escape(card.Licence.Name));
        }
        context.Terminal.Console.Write(table);
        context.Terminal.Out.WriteLine($"Mixtures: {string.Join(", ", MixtureFile.Published)}.");
        context.Terminal.Out.WriteLine("'caravan data list DATASET' says where one is from and which options it has.");
    }

    private static void Describe(CommandContext context, DatasetCard card)
    {
        FactSheet.Write(context.Terminal,
        [
            ("dataset", card.Slug), ("what", card.Title), ("records", card.Size), ("licence", card.Licence.Name),
            ("page", card.Homepage),
            .. card.Files.Select((file, i) => (i == 0 ? "files" : "", file.Name + Terms(file))),
            .. card.Options.Select((option, i) => (
                i == 0 ? "options" : "", $"{option.Name}={option.Default}  {option.Meaning}")),
        ]);
    }

    private static string Terms(RemoteFile file) => (file.Gated, file.Optional) switch
    {
        (true, _) => " (needs HF_TOKEN)",
        (_, true) => " (with fetch --file only)",
        _ => "",
    };
}
