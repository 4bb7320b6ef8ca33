using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights consolidate</c>: DeepSpeed ZeRO checkpoints to a model.</summary>
internal static class WeightsConsolidateCommand
{
    public static Command Create(CommandContext context)
    {
        var input = new Argument<string>("checkpoint") { Description = "The folder that holds 'latest'." };
        var target = new Argument<string>("output") { Description = "Folder to write." };
        var tag = new Option<string?>("--tag", "-t")
        {
            Description = "Which checkpoint, if not the latest.",
            HelpName = "TAG",
        };
        var prefix = new Option<string?>("--strip-prefix")
        {
            Description = "Drop this from each name; OpenAlpaca's checkpoints need 'model.'.",
            HelpName = "PREFIX",
        };
        var excludeFrozen = OutputOptions.Flag(
            "--exclude-frozen-parameters", "Leave out parameters that were not trained.");
        var output = new OutputOptions("fp32");
        var command = new DocumentedCommand("consolidate", "Merges a DeepSpeed ZeRO 1, 2 or 3 checkpoint into a model.")
        {
            ScriptOptions = ScriptOptions.Consolidate,
            Examples = [new("caravan weights consolidate ckpt out --strip-prefix model.", "An OpenAlpaca checkpoint")],
        };
        command.Arguments.Add(input);
        command.Arguments.Add(target);
        foreach (var option in new Option[] { tag, prefix, excludeFrozen })
            command.Options.Add(option);
        output.AddTo(command);
        command.SetAction(parsed => WeightRun.Write(context, (progress, stop) => WeightConverter.Consolidate(
            parsed.GetValue(input)!, parsed.GetValue(target)!, parsed.GetValue(tag), parsed.GetValue(prefix),
            parsed.GetValue(excludeFrozen), output.Read(parsed), progress, stop)));
        return command;
    }
}
