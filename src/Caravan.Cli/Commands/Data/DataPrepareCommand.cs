using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Data;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets;
using Caravan.Data.Lineage;
using Caravan.Files;
using Spectre.Console;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data prepare</c>: from raw files to records.</summary>
internal static class DataPrepareCommand
{
    public static Command Create(CommandContext context)
    {
        var names = new Argument<string[]>("dataset")
        {
            Description = "Which datasets.",
            Arity = ArgumentArity.OneOrMore,
        };
        var raw = DataOptions.RawFolder();
        var output = DataOptions.Out(Path.Combine("data", "processed"));
        var seed = DataOptions.Seed();
        var compat = DataOptions.Compat();
        var skip = DataOptions.SkipInvalid();
        var tokenizer = DataOptions.Tokenizer();
        var policy = DataOptions.LicencePolicyName();
        var set = new Option<string[]>("--set")
        {
            Description = "An option of the dataset, such as top_k_reply=1; 'caravan data list DATASET' names them.",
            HelpName = "NAME=VALUE",
        };
        var divergent = DataOptions.AllowDivergentPrompt();
        var strict = new Option<bool>("--strict-utf8") { Description = "Stop at bytes that are not UTF-8." };
        var dropEmpty = new Option<bool>("--drop-empty") { Description = "Leave out records with a blank answer." };
        var ascii = new Option<bool>("--ascii")
        {
            Description = "Escape all that is not ASCII, as the original files do.",
        };
        var command = new DocumentedCommand("prepare",
            "Converts datasets' raw files into NAME/NAME_data.jsonl, with a manifest of what was read, kept and " +
            "skipped.")
        {
            Examples =
            [
                new("caravan data prepare dolly", "From data/raw_train/dolly to data/processed/dolly"),
                new("caravan data prepare oasst1 --set top_k_reply=1", "Only the best replies of Open Assistant"),
            ],
        };
        command.Arguments.Add(names);
        foreach (var option in new Option[] { raw, output, seed, compat, skip, tokenizer, policy, set, divergent,
            strict, dropEmpty, ascii })
            command.Options.Add(option);
        command.SetAction(parsed => Run(
            context, parsed.GetValue(names)!, parsed.GetValue(raw)!, parsed.GetValue(output)!, parsed.GetValue(policy)!,
            new ConversionSettings
            {
                Ascii = parsed.GetValue(ascii),
                Seed = parsed.GetValue(seed),
                Compatibility = DataOptions.Compatibility(parsed.GetValue(compat)!),
                SkipInvalid = parsed.GetValue(skip),
                AllowDivergentPrompt = parsed.GetValue(divergent),
                StrictUtf8 = parsed.GetValue(strict),
                DropEmpty = parsed.GetValue(dropEmpty),
                Options = DataOptions.Settings(parsed.GetValue(set) ?? []),
                CountTokens = DataOptions.TokenCounter(parsed.GetValue(tokenizer)),
            }));
        return command;
    }

    private static int Run(
        CommandContext context, string[] names, string raw, string output, string policy,
        ConversionSettings settings)
    {
        var datasets = names.Select(DatasetCatalogue.Find).ToList();
        LicencePolicy.Require(policy, datasets.Select(dataset => (dataset.Card.Slug, dataset.Card.Licence)));
        var missing = datasets.Select(dataset => Path.Combine(raw, dataset.Card.Slug))
            .Where(folder => !Directory.Exists(folder)).ToList();
        // All are looked for before any is converted.
        if (missing.Count > 0)
        {
            throw new BadInputException(
                $"Nothing is there at {string.Join(", ", missing)}. Fetch these datasets first.");
        }
        var own = datasets.ToDictionary(dataset => dataset, dataset => OptionsOf(dataset, datasets, settings));
        foreach (var dataset in datasets)
            Preparation.Check(dataset, Path.Combine(raw, dataset.Card.Slug), own[dataset]);
        var table = new Table().Border(TableBorder.Simple).AddColumns("dataset", "read", "kept", "records", "skipped");
        foreach (var dataset in datasets)
        {
            var slug = dataset.Card.Slug;
            context.Terminal.Error.WriteLine($"Converting {slug}");
            var manifest = Preparation.Prepare(
                dataset, Path.Combine(raw, slug), Path.Combine(output, slug), own[dataset], context.Stop.Token);
            Report(context, manifest);
            var skipped = string.Join(
                ", ", manifest.Skipped.Concat(manifest.Dropped).Select(pair => $"{pair.Value} {pair.Key}"));
            table.AddRow(Markup.Escape(manifest.Dataset), $"{manifest.Read} {manifest.Unit}s", $"{manifest.Kept}",
                $"{manifest.Written}", Markup.Escape(skipped));
        }
        context.Terminal.Console.Write(table);
        return ExitCode.Success;
    }

    // With several datasets, an option goes to those that have it.
    private static ConversionSettings OptionsOf(Dataset dataset, List<Dataset> all, ConversionSettings settings)
    {
        bool IsOf(Dataset any, string name) => any.Card.Options.Any(option => option.Name == name);
        return settings with
        {
            Options = settings.Options
                .Where(option => IsOf(dataset, option.Key) || !all.Exists(any => IsOf(any, option.Key))).ToDictionary(),
        };
    }

    private static void Report(CommandContext context, Manifest manifest)
    {
        foreach (var (code, count) in manifest.Warnings.Concat(manifest.Normalised))
        {
            var place = manifest.Examples.TryGetValue(code, out var places) ? $", first at {places[0]}" : "";
            context.Terminal.Error.WriteLine(
                $"{manifest.Dataset}: {count} times {RecordWarning.Describe(code)}{place}");
        }
    }
}
