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
    public static Command Create(CommandContext context)
    {
        var model = new Argument<string>("model") { Description = "Any repository of the hub, owner/name, or a name from the catalogue." };
        var output = Options.Path("--output", "DIR", "Folder to write. [default: the model's name]");
        var revision = new Option<string>("--revision")
        {
            Description = "Branch, tag or commit.",
            HelpName = "REVISION",
            DefaultValueFactory = _ => "main",
        };
        var include = Patterns("--include", "Only files of this pattern; * stands for anything, DIR/ for a folder. May be given several times.");
        var exclude = Patterns("--exclude", "No files of this pattern. May be given several times.");
        var all = new Option<bool>("--all")
        {
            Description = "Also formats that Caravan does not read, and weights that are there twice.",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "List the files and their sizes; fetch nothing." };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace files that are there and differ." };
        var workers = Options.Integer("--workers", "Files fetched at the same time.", 4, new NumberRange(1, 32));
        var hub = new HubOptions();
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
        command.Arguments.Add(model);
        foreach (var option in new Option[] { output, revision, include, exclude, all, dryRun, overwrite, workers })
            command.Options.Add(option);
        hub.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var id = Resolve(parsed.GetValue(model)!);
            var folder = parsed.GetValue(output) ?? id[(id.IndexOf('/', StringComparison.Ordinal) + 1)..];
            using var http = FileDownloader.CreateClient();
            var downloader = new FileDownloader(http, hub.Read(parsed));
            var snapshot = await HubRepository.ListAsync(downloader, id, parsed.GetValue(revision)!, context.Stop.Token);
            var (wanted, useless) = new HubSelection
            {
                Include = parsed.GetValue(include)!,
                Exclude = parsed.GetValue(exclude)!,
                All = parsed.GetValue(all),
            }.Choose(snapshot.Files);
            if (wanted.Count == 0)
            {
                throw new BadInputException(
                    $"{snapshot.Page}: none of its {snapshot.Files.Count} files is wanted. Check --include and --exclude.");
            }
            using var progress = new ByteProgressLine(context.Terminal, context.Clock);
            var fetch = new HubFetch(downloader, snapshot, folder)
            {
                Workers = (int)parsed.GetValue(workers),
                Overwrite = parsed.GetValue(overwrite),
                OnTrouble = trouble => Say(context.Terminal.Error, progress, $"caravan: warning: {trouble}"),
                OnFile = file => Say(
                    context.Terminal.Out, progress, $"{Path.Combine(folder, file.Path)}  {ByteSize.Format(file.Bytes)}"),
            };
            if (parsed.GetValue(dryRun))
                List(context.Terminal, fetch, wanted);
            else
                await fetch.RunAsync(wanted, progress, context.Stop.Token);
            progress.Clear();
            Summarise(context.Terminal, snapshot, folder, wanted, useless);
            return ExitCode.Success;
        });
        return command;
    }

    private static Option<string[]> Patterns(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "PATTERN",
        DefaultValueFactory = _ => [],
    };

    private static string Resolve(string name)
    {
        if (ReleasedModels.Find(name) is { } known)
            return known.Id;
        return name.Contains('/') ? name : throw new BadInputException(
            $"There is no model '{name}' in the catalogue.{ReleasedModels.Suggest(name)} Others are given as owner/name, as " +
            "on the hub.");
    }

    private static void Say(TextWriter writer, ByteProgressLine progress, string line)
    {
        progress.Clear();
        writer.WriteLine(UntrustedText.Harmless(line));
    }

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
            terminal.Out.WriteLine($"{UntrustedText.Harmless(file.Path).PadRight(width)}  {ByteSize.Format(file.Bytes)}{there}");
        }
    }

    private static void Summarise(
        Terminal terminal, HubSnapshot snapshot, string folder, IReadOnlyList<HubFile> wanted,
        IReadOnlyList<HubFile> useless)
    {
        terminal.Out.WriteLine(
            $"{folder}: {wanted.Count} files, {ByteSize.Format(wanted.Sum(file => file.Bytes))}, {snapshot.Id} at {snapshot.Commit}");
        if (useless.Count > 0)
        {
            terminal.Out.WriteLine(
                $"Left out as of no use here: {useless.Count} files, {ByteSize.Format(useless.Sum(file => file.Bytes))} " +
                $"({UntrustedText.Harmless(string.Join(", ", useless.Take(5).Select(file => file.Path)))}" +
                $"{(useless.Count > 5 ? ", …" : "")}); --all fetches them too.");
        }
        if (ReleasedModels.Find(snapshot.Id) is { Kind: ReleaseKind.Diff } model)
            terminal.Out.WriteLine($"This is a diff: 'caravan models show {model.Name}' says how to recover the model.");
    }
}
