using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Live;
using Caravan.Data.Datasets;
using Caravan.Data.Downloads;
using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data fetch</c>: downloads raw files.</summary>
internal static class DataFetchCommand
{
    public static Command Create(CommandContext context)
    {
        var names = new Argument<string[]>("dataset")
        {
            Description = "Which datasets.",
            Arity = ArgumentArity.OneOrMore,
        };
        var raw = DataOptions.RawFolder();
        var files = new Option<string[]>("--file")
        {
            Description = "Only this file of the dataset; may be given several times. 'caravan data list DATASET' " +
                "names them.",
            HelpName = "NAME",
        };
        var command = new DocumentedCommand("fetch",
            "Downloads datasets' raw files, going on where an earlier download stopped. HF_TOKEN is used for gated " +
            "sets, HF_ENDPOINT for a mirror of the hub.")
        {
            Examples =
            [
                new("caravan data fetch dolly oasst1", "Two datasets"),
                new("caravan data fetch gpt4_alpaca --file alpaca_gpt4_data_zh.json",
                    "A file that is left out otherwise"),
            ],
        };
        command.Arguments.Add(names);
        command.Options.Add(raw);
        command.Options.Add(files);
        command.SetAction((parsed, _) => Run(
            context, parsed.GetValue(names)!, parsed.GetValue(raw)!,
            parsed.GetValue(files) is { Length: > 0 } only ? only : null));
        return command;
    }

    private static async Task<int> Run(CommandContext context, string[] names, string raw, string[]? only)
    {
        using var http = FileDownloader.CreateClient();
        using var lines = new TransferLines(context);
        var downloader = new Downloader(http,
            Environment.GetEnvironmentVariable("HF_TOKEN"), Environment.GetEnvironmentVariable("HF_ENDPOINT"),
            lines.Warn);
        var failed = false;
        foreach (var card in names.Select(name => DatasetCatalogue.Find(name).Card).ToList())
        {
            try
            {
                context.Terminal.Error.WriteLine($"Fetching {card.Slug}");
                foreach (var path in await downloader.FetchAsync(
                    card, Path.Combine(raw, card.Slug), only, lines, context.Stop.Token))
                    lines.Say($"{path}  {ByteSize.Format(new FileInfo(path).Length)}");
            }
            catch (BadInputException error) when (names.Length > 1)
            {
                // One dataset that is not to be had does not keep the others away.
                context.Terminal.WriteError(error.Message);
                failed = true;
            }
        }
        return failed ? ExitCode.Failure : ExitCode.Success;
    }
}
