using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets;
using Caravan.Data.Lineage;
using Caravan.Data.Mixtures;
using Caravan.Files;
using Spectre.Console;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data mix</c>: one training file from several sources.</summary>
internal static class DataMixCommand
{
    public static Command Create(CommandContext context)
    {
        var recipe = new Argument<string>("mixture")
        {
            Description = $"A published mixture ({string.Join(", ", MixtureFile.Published)}), a YAML file, or with " +
                "'--mix' the name of a new one.",
        };
        var raw = DataOptions.RawFolder();
        var output = DataOptions.Out(Path.Combine("data", "processed"));
        var tokenizer = DataOptions.Tokenizer();
        var skip = DataOptions.SkipInvalid();
        var policy = DataOptions.LicencePolicyName();
        var fromHub = new Option<bool>("--from-hub")
        {
            Description = "Take tulu-v1 or tulu-v2 as published (fetch tulu_v1_mixture first) instead of building it.",
        };
        var parts = new Option<string[]>("--mix")
        {
            Description = "A part, a dataset or a file of records, and how much of it: a count such as 30000, a " +
                "proportion such as 0.5 or 3.0, a percentage such as 50%, or all. Once for each part.",
            HelpName = "NAME=AMOUNT",
        };
        var seed = new Option<long?>("--seed")
        {
            Description = "Decides every random choice, in place of the recipe's own seed.",
            HelpName = "N",
        };
        var shuffle = new Option<bool>("--shuffle") { Description = "Mix the records of all parts." };
        var keepOrder = new Option<bool>("--keep-order")
        {
            Description = "Leave what is drawn of a part in the part's order.",
        };
        var command = new DocumentedCommand("mix",
            "Builds a mixture: converts its parts, merges them, and writes a manifest and report.html beside it.")
        {
            Examples =
            [
                new("caravan data mix tulu-v2 --tokenizer llama-2-7b", "The mixture of Tülu 2"),
                new("caravan data mix tulu-v2 --from-hub", "The same, record by record as it was published"),
                new("caravan data mix own.yaml --licence-policy commercial",
                    "A mixture of your own for commercial use"),
                new("caravan data mix half --mix dolly=0.5 --mix own.jsonl=all --shuffle", "One without a file"),
            ],
        };
        command.Arguments.Add(recipe);
        foreach (var option in new Option[] { parts, seed, shuffle, keepOrder, raw, output, tokenizer, skip, policy,
            fromHub })
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(recipe)!;
            var settings = new ConversionSettings
            {
                SkipInvalid = parsed.GetValue(skip),
                CountTokens = DataOptions.TokenCounter(parsed.GetValue(tokenizer)),
            };
            if (parsed.GetValue(fromHub))
            {
                return Published(context, name, parsed.GetValue(raw)!, parsed.GetValue(output)!,
                    parsed.GetValue(policy)!, settings);
            }
            var mixture = parsed.GetValue(parts) is { Length: > 0 } amounts
                ? MixtureFile.Of(name, amounts) : MixtureFile.Load(name);
            mixture = mixture with
            {
                Seed = parsed.GetValue(seed) ?? mixture.Seed,
                Shuffle = mixture.Shuffle || parsed.GetValue(shuffle),
                KeepOrder = mixture.KeepOrder || parsed.GetValue(keepOrder),
            };
            return Run(context, mixture, parsed.GetValue(raw)!, parsed.GetValue(output)!, parsed.GetValue(policy)!,
                settings);
        });
        return command;
    }

    private static int Published(
        CommandContext context, string recipe, string raw, string output, string policy, ConversionSettings settings)
    {
        if (recipe is not ("tulu-v1" or "tulu-v2"))
            throw new BadInputException($"{recipe}: only tulu-v1 and tulu-v2 were published whole.");
        var dataset = DatasetCatalogue.Find(recipe.Replace('-', '_') + "_mixture");
        var slug = dataset.Card.Slug;
        LicencePolicy.Require(policy, [(slug, dataset.Card.Licence)]);
        var manifest = Preparation.Prepare(
            dataset, Path.Combine(raw, slug), Path.Combine(output, recipe), settings, context.Stop.Token);
        context.Terminal.Out.WriteLine(
            $"{manifest.Written} records in {Path.Combine(output, recipe, manifest.Output.Name)}. " +
            $"Licence: {manifest.Licence.Name}.");
        return ExitCode.Success;
    }

    private static int Run(
        CommandContext context, Mixture mixture, string raw, string output, string policy, ConversionSettings settings)
    {
        var builder = new MixtureBuilder(mixture, raw, output, settings, context.Stop.Token)
        {
            LicencePolicyName = policy,
            Say = context.Terminal.Error.WriteLine,
        };
        var manifest = builder.Build();
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("part", "amount", "there", "taken", "filtered", "licence");
        foreach (var part in manifest.Parts)
        {
            table.AddRow(
                Markup.Escape(part.Source.Dataset), Markup.Escape(part.Amount), $"{part.Available}", $"{part.Taken}",
                $"{part.Filtered}", Markup.Escape(part.Source.Licence.Name));
        }
        context.Terminal.Console.Write(table);
        context.Terminal.Out.WriteLine(
            $"{manifest.Written} records. The strictest licence among them: {manifest.Licence.Name}.");
        return ExitCode.Success;
    }
}
