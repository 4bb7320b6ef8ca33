using System.CommandLine;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights</c>: tools for weight files; all but init in constant memory.</summary>
internal static class WeightsCommand
{
    public static Command Create(CommandContext context) => new DocumentedCommand(
        "weights", "Inspects, makes, converts, merges and recovers model weights.")
    {
        Examples =
        [
            new("caravan weights info models/tulu", "What is in a model folder"),
            new("caravan weights recover --path-raw llama-7b --path-diff tulu-7b --path-tuned out", "A released diff to a model"),
        ],
        Subcommands =
        {
            WeightsInfoCommand.Create(context),
            WeightsInitCommand.Create(context),
            WeightsVerifyCommand.Create(context),
            WeightsMakeDiffCommand.Create(context),
            WeightsRecoverCommand.Create(context),
            WeightsConvertCommand.Create(context, "convert"),
            WeightsConvertCommand.Create(context, "shard"),
            WeightsConsolidateCommand.Create(context),
            WeightsMergeLoraCommand.Create(context),
            WeightsMergeCommand.Create(context),
        },
    };
}
