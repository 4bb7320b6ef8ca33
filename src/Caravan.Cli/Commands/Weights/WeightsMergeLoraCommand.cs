using System.CommandLine;
using Caravan.Checkpoints;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights merge-lora</c>: an adapter into its base.</summary>
internal static class WeightsMergeLoraCommand
{
    public static Command Create(CommandContext context)
    {
        var adapter = OutputOptions.Path("--lora-model-name-or-path", "Folder of the adapter.");
        var baseModel = OutputOptions.Path(
            "--base-model-name-or-path", "Folder of the base; by default the one that the adapter names.", required: false);
        var target = OutputOptions.Path("--output-dir", "Folder to write.");
        var quantized = OutputOptions.Flag("--qlora", "The adapter was trained over an NF4 base: round the base to NF4 first.");
        var output = new OutputOptions();
        var command = new DocumentedCommand("merge-lora", "Merges a LoRA adapter into its base model.")
        {
            Examples = [new("caravan weights merge-lora --lora-model-name-or-path lora --output-dir merged", "One model of two")],
        };
        foreach (var option in new Option[] { adapter, baseModel, target, quantized })
            command.Options.Add(option);
        output.AddTo(command);
        command.SetAction(parsed => WeightRun.Write(context, (progress, stop) => LoraMerge.Run(
            parsed.GetValue(baseModel), parsed.GetValue(adapter)!, parsed.GetValue(target)!, parsed.GetValue(quantized),
            output.Read(parsed), progress, stop)));
        return command;
    }
}
