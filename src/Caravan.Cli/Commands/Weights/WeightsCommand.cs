using System.CommandLine;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Weights;

/// <summary><c>caravan weights</c>: tools for weight files, all but init in constant memory.</summary>
internal static class WeightsCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new DocumentedCommand(
            "weights", "Inspects, makes, converts, merges and recovers model weights.")
        {
            Examples =
            [
                new("caravan weights info models/tulu", "What is in a model folder"),
                new("caravan weights recover --path-raw llama-7b --path-diff tulu-7b --path-tuned out",
                    "A released diff to a model"),
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
                WeightsCardCommand.Create(context),
            },
        };
        foreach (var option in command.Subcommands.SelectMany(subcommand => subcommand.Options))
            AcceptUnderscores(option);
        return command;
    }

    /// <summary>The original scripts write <c>--path_raw</c>.</summary>
    private static void AcceptUnderscores(Option option)
    {
        var underscored = "--" + option.Name.TrimStart('-').Replace('-', '_');
        if (option.Name.StartsWith("--", StringComparison.Ordinal) && underscored != option.Name)
            option.Aliases.Add(underscored);
    }
}
