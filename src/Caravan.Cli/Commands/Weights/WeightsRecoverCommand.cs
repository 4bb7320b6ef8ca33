using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights recover</c>: base + released diff.</summary>
internal static class WeightsRecoverCommand
{
    public static Command Create(CommandContext context)
    {
        var raw = OutputOptions.Path("--path-raw", "Folder of the base model.");
        var diff = OutputOptions.Path("--path-diff", "Folder of the diff.");
        var tuned = OutputOptions.Path("--path-tuned", "Folder to write.");
        var compat = OutputOptions.Flag("--compat", "The original script's arithmetic only: ignore corrections and hashes.");
        var expectedSum = new Option<double?>("--expect-sum")
        {
            Description = "Refuse a result whose numbers do not add up to this (50637.1836 for Alpaca 7B).",
            HelpName = "X",
        };
        var tolerance = Options.Number("--tolerance", "How far the sum may be off.", 1e-2, NumberRange.AtLeast(0));
        var testInference = OutputOptions.Flag("--test-inference", "Ask the recovered model a question.");
        var original = OutputOptions.Path(
            "--original-model", "With --test-inference: ask this model the same, to compare.", required: false);
        var output = new OutputOptions("fp32");
        var command = new DocumentedCommand("recover", "Adds a released diff to its base model.")
        {
            Examples =
            [
                new("caravan weights recover --path-raw llama-7b --path-diff tulu-7b --path-tuned out", "Tülu 7B"),
                new("caravan weights recover --path_raw llama-7b --path_diff tulu-7b --path_tuned out --test_inference true",
                    "With the original script's option names; the model answers a question"),
            ],
        };
        Option[] options = [raw, diff, tuned, compat, expectedSum, tolerance, testInference, original];
        foreach (var option in options)
            command.Options.Add(option);
        output.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(original) is { Implicit: false } && !result.GetValue(testInference))
                result.AddError("--original-model needs --test-inference.");
        });
        command.SetAction(parsed =>
        {
            var code = WeightRun.Write(context, (progress, stop) => WeightDiff.Recover(
                parsed.GetValue(raw)!, parsed.GetValue(diff)!, parsed.GetValue(tuned)!,
                new WeightDiffOptions
                {
                    Compat = parsed.GetValue(compat),
                    ExpectedSum = parsed.GetValue(expectedSum),
                    Tolerance = parsed.GetValue(tolerance),
                },
                output.Read(parsed), progress, stop));
            if (parsed.GetValue(testInference))
            {
                TestInference.Run(context, "Recovered model:", parsed.GetValue(tuned)!);
                if (parsed.GetValue(original) is { } model)
                    TestInference.Run(context, "Original model:", model);
            }
            return code;
        });
        return command;
    }
}
