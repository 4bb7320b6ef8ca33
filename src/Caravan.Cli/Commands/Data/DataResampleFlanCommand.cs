using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Data.Datasets.Instruction;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data resample-flan</c>: Tülu's sample of the whole FLAN collection.</summary>
internal static class DataResampleFlanCommand
{
    private const int V1Lines = 100_000;
    private const int V2Lines = 50_000;

    public static Command Create(CommandContext context)
    {
        var folder = new Argument<string>("folder")
        {
            Description = "The collection, a file NAME.jsonl or NAME/NAME.jsonl for each of its parts.",
        };
        var version = Options.Choice(
            "--version", "Whose shares of the parts: Tülu 1's or Tülu 2's.", "v2", "v1", "v2");
        var lines = Options.Integer(
            "--lines", $"How many lines to draw; 0 draws as many as published, {V1Lines} or {V2Lines}.", 0,
            new NumberRange(0, int.MaxValue));
        var seed = DataOptions.Seed();
        var output = new Option<string>("--out")
        {
            Description = "The file to write.",
            HelpName = "FILE",
            Required = true,
        };
        var command = new DocumentedCommand("resample-flan",
            "Draws Tülu's sample from the whole FLAN collection. The samples themselves are published, and fetched " +
            "with 'caravan data fetch flan_v2'; this makes others.")
        {
            Examples =
            [
                new(
                    "caravan data resample-flan flan --seed 7 " +
                    "--out data/raw_train/flan_v2/tulu_v2_resampled_flan_50k.jsonl",
                    "Another sample of Tülu 2's shares, where 'prepare flan_v2 --set sample=v2' finds it"),
            ],
        };
        command.Arguments.Add(folder);
        foreach (var option in new Option[] { version, lines, seed, output })
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var isFirst = parsed.GetValue(version) == "v1";
            var total = parsed.GetValue(lines) is > 0 and var given ? (int)given : isFirst ? V1Lines : V2Lines;
            var taken = FlanResampler.Resample(
                parsed.GetValue(folder)!, isFirst ? FlanResampler.V1 : FlanResampler.V2, total, parsed.GetValue(seed),
                parsed.GetValue(output)!);
            foreach (var (part, count) in taken)
                context.Terminal.Out.WriteLine($"{count} lines of {part}");
            return ExitCode.Success;
        });
        return command;
    }
}
