using System.CommandLine;
using Caravan.Cli.CommandLine;

namespace Caravan.Cli.Commands.Models;

/// <summary><c>caravan models</c>: released checkpoints, and how to get them.</summary>
internal static class ModelsCommand
{
    public static Command Create(CommandContext context) => new DocumentedCommand(
        "models", "Lists the released models of Tülu 1 and OpenAlpaca, and fetches any model of the hub.")
    {
        Examples =
        [
            new("caravan models list --size 7B", "What there is with seven billion parameters"),
            new("caravan models show tulu-7b", "What it is, and the commands that make it usable"),
            new("caravan models fetch allenai/tulu-7b", "Its files"),
        ],
        Subcommands =
        {
            ModelsListCommand.Create(context),
            ModelsShowCommand.Create(context),
            ModelsFetchCommand.Create(context),
        },
    };
}
