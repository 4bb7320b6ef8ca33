using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Live;
using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Cli.Commands.Models;

/// <summary><c>caravan models fetch</c>: downloads a repository of the hub.</summary>
internal static class ModelsFetchCommand
{
    private const int NamesShown = 5;

    public static Command Create(CommandContext context)
    {
        var options = new FetchOptions();
        var command = new DocumentedCommand("fetch",
            "Downloads a model, going on where an earlier download stopped. Sizes and hashes are checked.")
        {
            Examples =
            [
                new("caravan models fetch tulu-7b --output tulu-7b-diff", "A model of the catalogue"),
                new("caravan models fetch EleutherAI/pythia-160m --revision step1000", "Any other, at a revision"),
                new("caravan models fetch facebook/opt-125m --exclude '*.bin' --dry-run", "What would be fetched"),
            ],
        };
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(context, options, parsed));
        return command;
    }

    private static async Task<int> RunAsync(CommandContext context, FetchOptions options, ParseResult parsed)
    {
        var id = Resolve(parsed.GetValue(options.Model)!);
        var folder = parsed.GetValue(options.Output) ?? id[(id.IndexOf('/', StringComparison.Ordinal) + 1)..];
        using var http = FileDownloader.CreateClient();
        using var lines = new TransferLines(context);
        var downloader = new FileDownloader(http, options.Hub.Read(parsed)) { OnTrouble = lines.Warn };
        var snapshot = await HubRepository.ListAsync(
            downloader, id, parsed.GetValue(options.Revision)!, context.Stop.Token);
        var (wanted, useless) = options.Selection(parsed).Choose(snapshot.Files);
        if (wanted.Count == 0)
        {
            throw new BadInputException(
                $"{snapshot.Page}: none of its {snapshot.Files.Count} files is wanted. See --include and --exclude.");
        }
        var fetch = new HubFetch(downloader, snapshot, folder)
        {
            Workers = (int)parsed.GetValue(options.Workers),
            Overwrite = parsed.GetValue(options.Overwrite),
            OnFile = file => lines.Say(Line(Path.Combine(folder, file.Path), file)),
        };
        if (parsed.GetValue(options.DryRun))
            List(lines, fetch, wanted);
        else
            await fetch.RunAsync(wanted, lines, context.Stop.Token);
        Summarise(lines, snapshot, folder, wanted, useless);
        return ExitCode.Success;
    }

    private static string Resolve(string name)
    {
        if (ReleasedModels.Find(name) is { } known)
            return known.Id;
        return name.Contains('/') ? name : throw new BadInputException(
            $"There is no model '{name}' in the catalogue.{ReleasedModels.Suggest(name)} Others are given as " +
            "owner/name, as on the hub.");
    }

    private static string Line(string path, HubFile file) => $"{path}  {ByteSize.Format(file.Bytes)}";

    private static void List(TransferLines lines, HubFetch fetch, IReadOnlyList<HubFile> files)
    {
        var width = files.Max(file => file.Path.Length);
        foreach (var file in files)
        {
            var there = fetch.BytesThere(file) switch
            {
                0 => "",
                var bytes when bytes == file.Bytes => "  is there",
                var bytes => $"  {ByteSize.Format(bytes)} are there",
            };
            lines.Say(Line(file.Path.PadRight(width), file) + there);
        }
    }

    private static void Summarise(
        TransferLines lines, HubSnapshot snapshot, string folder, IReadOnlyList<HubFile> wanted,
        IReadOnlyList<HubFile> useless)
    {
        lines.Say($"{folder}: {Count(wanted)}, {snapshot.Id} at {snapshot.Commit}");
        if (useless.Count > 0)
        {
            var names = string.Join(", ", useless.Take(NamesShown).Select(file => file.Path));
            var more = useless.Count > NamesShown ? ", …" : "";
            lines.Say($"Left out as of no use here: {Count(useless)} ({names}{more}); --all fetches them too.");
        }
        if (ReleasedModels.Find(snapshot.Id) is { Kind: ReleaseKind.Diff } model)
            lines.Say($"This is a diff: see 'caravan models show {model.Name}' for how to recover the model.");
    }

    private static string Count(IReadOnlyList<HubFile> files) =>
        $"{files.Count} {(files.Count == 1 ? "file" : "files")}, {ByteSize.Format(files.Sum(file => file.Bytes))}";
}
