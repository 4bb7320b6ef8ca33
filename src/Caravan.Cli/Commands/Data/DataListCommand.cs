using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Data.Datasets;
using Caravan.Data.Mixtures;
using Spectre.Console;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data list</c>: the catalogue.</summary>
internal static class DataListCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new DocumentedCommand("list", "Lists the datasets that can be fetched and prepared.")
        {
            Examples = [new("caravan data list", "All datasets with size and licence")],
        };
        command.SetAction(_ => Run(context));
        return command;
    }

    private static int Run(CommandContext context)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("dataset", "what", "records", "licence");
        foreach (var card in DatasetCatalogue.All.Select(dataset => dataset.Card))
        {
            table.AddRow(
                Markup.Escape(card.Slug), Markup.Escape(card.Title), Markup.Escape(card.Size),
                Markup.Escape(card.Licence.Name));
        }
        context.Terminal.Console.Write(table);
        context.Terminal.Out.WriteLine($"Mixtures: {string.Join(", ", MixtureFile.Published)}.");
        return ExitCode.Success;
    }
}
