using System.CommandLine;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data</c>: everything that happens to data before training.</summary>
internal static class DataCommand
{
    public static Command Create(CommandContext context) =>
        new("data", "Fetches, converts, mixes, measures, checks and cleans instruction data.")
        {
            DataListCommand.Create(context),
            DataFetchCommand.Create(context),
            DataPrepareCommand.Create(context),
            DataMixCommand.Create(context),
            DataStatsCommand.Create(context),
            DataShowCommand.Create(context),
            DataCheckCommand.Create(context),
            DataDedupCommand.Create(context),
            DataDecontaminateCommand.Create(context),
            DataConvertCommand.Create(context),
            DataResampleFlanCommand.Create(context),
        };
}
