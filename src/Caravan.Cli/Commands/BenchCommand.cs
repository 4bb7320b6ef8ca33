using System.CommandLine;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands;

/// <summary><c>caravan bench</c>: measurements.</summary>
internal static class BenchCommand
{
    public static Command Create(CommandContext context) =>
        new DocumentedCommand("bench", "Measures what this machine does with Caravan.")
        {
            Examples = [new("caravan bench train", "Training steps, beside PyTorch's where that is there")],
            Subcommands = { BenchTrainCommand.Create(context) },
        };
}
