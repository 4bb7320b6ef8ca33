using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Commands.Weights;
using Caravan.Cli.Terminals;
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
        var (terminal, stop) = (context.Terminal, context.Stop.Token);
        var id = Resolve(parsed.GetValue(options.Model)!);
        var folder = parsed.GetValue(options.Output) ?? id[(id.IndexOf('/', StringComparison.Ordinal) + 1)..];
        using var http = FileDownloader.CreateClient();
        var downloader = new FileDownloader(http, options.Hub.Read(parsed));
        var snapshot = await HubRepository.ListAsync(downloader, id, parsed.GetValue(options.Revision)!, stop);
        var (wanted, useless) = options.Selection(parsed).Choose(snapshot.Files);
        if (wanted.Count == 0)
        {
            throw new BadInputException(
                $"{snapshot.Page}: none of its {snapshot.Files.Count} files is wanted. See --include and --exclude.");
        }
        using var progress = new ByteProgressLine(terminal, context.Clock);
        var fetch = new HubFetch(downloader, snapshot, folder)
        {
            Workers = (int)parsed.GetValue(options.Workers),
            Overwrite = parsed.GetValue(options.Overwrite),
            OnTrouble = trouble => Say(terminal.Error, progress, $"caravan: warning: {trouble}"),
            OnFile = file => Say(terminal.Out, progress, Line(Path.Combine(folder, file.Path), file)),
        };
        if (parsed.GetValue(options.DryRun))
            List(terminal, fetch, wanted);
        else
            await fetch.RunAsync(wanted, progress, stop);
        progress.Clear();
        Summarise(terminal, snapshot, folder, wanted, useless);
        return ExitCode.Success;
    }

    private static string Resolve(string name)
    {
        if (ReleasedModels.Find(name) is { } known)
            return known.Id;
        return name.Contains('/') ? name : throw new BadInputException(
            $"There is no model '{name}' in the catalogue.{ReleasedModels.Suggest(name)} Others are given as owner/name, " +
            "as on the hub.");
    }

    private static void Say(TextWriter writer, ByteProgressLine progress, string line)
    {
        progress.Clear();
        writer.WriteLine(line);
    }

    private static string Line(string path, HubFile file) => $"{path}  {ByteSize.Format(file.Bytes)}";

    private static void List(Terminal terminal, HubFetch fetch, IReadOnlyList<HubFile> files)
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
            terminal.Out.WriteLine(Line(file.Path.PadRight(width), file) + there);
        }
    }

    private static void Summarise(
        Terminal terminal, HubSnapshot snapshot, string folder, IReadOnlyList<HubFile> wanted,
        IReadOnlyList<HubFile> useless)
    {
        terminal.Out.WriteLine($"{folder}: {Count(wanted)}, {snapshot.Id} at {snapshot.Commit}");
        if (useless.Count > 0)
        {
            var names = string.Join(", ", useless.Take(NamesShown).Select(file => file.Path));
            var more = useless.Count > NamesShown ? ", …" : "";
            terminal.Out.WriteLine($"Left out as of no use here: {Count(useless)} ({names}{more}); --all fetches them too.");
        }
        if (ReleasedModels.Find(snapshot.Id) is { Kind: ReleaseKind.Diff } model)
            terminal.Out.WriteLine($"This is a diff: see 'caravan models show {model.Name}' for how to recover the model.");
    }

    private static string Count(IReadOnlyList<HubFile> files) =>
        $"{files.Count} {(files.Count == 1 ? "file" : "files")}, {ByteSize.Format(files.Sum(file => file.Bytes))}";
}
