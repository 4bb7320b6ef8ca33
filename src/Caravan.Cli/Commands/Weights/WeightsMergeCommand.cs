using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights merge</c>: a weighted average of models.</summary>
internal static class WeightsMergeCommand
{
    public static Command Create(CommandContext context)
    {
        var models = new Argument<string[]>("models")
        {
            Description = "Folders of models of one architecture.",
            Arity = new(2, 100),
        };
        var weights = new Option<double[]>("--weights")
        {
            Description = "One weight for each model; equal by default. They are normalised to one.",
            HelpName = "X",
            AllowMultipleArgumentsPerToken = true,
        };
        var target = OutputOptions.Path("--output-dir", "Folder to write.");
        var output = new OutputOptions();
        var command = new DocumentedCommand("merge", "Averages models.")
        {
            Examples = [new("caravan weights merge a b --weights 0.7 0.3 --output-dir out", "70 % of a, 30 % of b")],
        };
        command.Arguments.Add(models);
        command.Options.Add(weights);
        command.Options.Add(target);
        output.AddTo(command);
        command.SetAction(parsed =>
        {
            WeightRun.PrintEstimate(context, parsed.GetValue(models)!);
            return WeightRun.Write(context, (progress, stop) => ModelMerge.Run(
                parsed.GetValue(models)!, parsed.GetValue(weights) is { Length: > 0 } given ? given : null,
                parsed.GetValue(target)!, output.Read(parsed), progress, stop));
        });
        return command;
    }
}
