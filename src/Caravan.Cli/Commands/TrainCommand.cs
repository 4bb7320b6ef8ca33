using System.CommandLine;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan train</c>: the training methods.</summary>
internal static class TrainCommand
{
    public static Command Create(CommandContext context) => new DocumentedCommand("train", "Trains a model.")
    {
        Examples =
        [
            new("caravan train sft --help", "Every key of supervised finetuning"),
        ],
        Subcommands = { TrainSftCommand.Create(context) },
    };
}
