using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights make-diff</c>: tuned − base, to be released.</summary>
internal static class WeightsMakeDiffCommand
{
    public static Command Create(CommandContext context)
    {
        var raw = OutputOptions.Path("--path-raw", "Folder of the base model.");
        var tuned = OutputOptions.Path("--path-tuned", "Folder of the tuned model.");
        var diff = OutputOptions.Path("--path-diff", "Folder to write.");
        var padRow = Options.Choice(
            "--pad-row", "What the base has in vocabulary rows that only the tuned model has.", "mean", "mean", "zero");
        var compat = OutputOptions.Flag("--compat", "The original script's numbers only: no corrections, no hashes.");
        var output = new OutputOptions(defaultType: null);
        var command = new DocumentedCommand("make-diff", "Subtracts a base model from a tuned one.")
        {
            ScriptOptions = ScriptOptions.Diff,
            Examples =
            [
                new("caravan weights make-diff --path-raw llama-7b --path-tuned out --path-diff diff",
                    "A diff to release"),
            ],
        };
        foreach (var option in new Option[] { raw, tuned, diff, padRow, compat })
            command.Options.Add(option);
        output.AddTo(command);
        command.SetAction(parsed => WeightRun.Write(context, (progress, stop) => WeightDiff.Make(
            parsed.GetValue(raw)!, parsed.GetValue(tuned)!, parsed.GetValue(diff)!,
            new WeightDiffOptions
            {
                Compat = parsed.GetValue(compat),
                PadRow = parsed.GetValue(padRow) == "zero" ? PadRow.Zero : PadRow.Mean,
            },
            output.Read(parsed), progress, stop)));
        return command;
    }
}
