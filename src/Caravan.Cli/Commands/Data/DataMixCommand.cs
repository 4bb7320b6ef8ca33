using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Data.Conversion;
using Caravan.Data.Mixtures;
using Spectre.Console;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data mix</c>: one training file from several sources.</summary>
internal static class DataMixCommand
{
    public static Command Create(CommandContext context)
    {
        var recipe = new Argument<string>("mixture")
        {
            Description = $"A published mixture ({string.Join(", ", MixtureFile.Published)}) or a YAML file.",
        };
        var raw = DataOptions.RawFolder();
        var output = DataOptions.Out(Path.Combine("data", "processed"));
        var tokenizer = DataOptions.Tokenizer();
        var skip = DataOptions.SkipInvalid();
        var policy = DataOptions.LicencePolicyName();
        var command = new DocumentedCommand("mix",
            "Builds a mixture: converts its parts, merges them, and writes a manifest and report.html beside it.")
        {
            Examples =
            [
                new("caravan data mix tulu-v2 --tokenizer llama-2-7b", "The mixture of Tülu 2"),
                new("caravan data mix own.yaml --licence-policy commercial",
                    "A mixture of your own for commercial use"),
            ],
        };
        command.Arguments.Add(recipe);
        foreach (var option in new Option[] { raw, output, tokenizer, skip, policy })
            command.Options.Add(option);
        command.SetAction(
            parsed => Run(context, parsed.GetValue(recipe)!, parsed.GetValue(raw)!, parsed.GetValue(output)!,
            parsed.GetValue(policy)!, new ConversionSettings
            {
                SkipInvalid = parsed.GetValue(skip),
                CountTokens = DataOptions.TokenCounter(parsed.GetValue(tokenizer)),
            }));
        return command;
    }

    private static int Run(
        CommandContext context, string recipe, string raw, string output, string policy, ConversionSettings settings)
    {
        var builder = new MixtureBuilder(MixtureFile.Load(recipe), raw, output, settings, context.Stop.Token)
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
