using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Data.Checking;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data check</c>: what is wrong with a file of records.</summary>
internal static class DataCheckCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file") { Description = "A file of records." };
        var command = new DocumentedCommand("check",
            "Reads a file of records to its end and reports every fault and oddity by code, with its first places.")
        {
            Examples = [new("caravan data check train.jsonl", "Exit code 1 if a record is unusable")],
        };
        command.Arguments.Add(file);
        command.SetAction(parsed => Run(context, parsed.GetValue(file)!));
        return command;
    }

    private static int Run(CommandContext context, string file)
    {
        var tally = DatasetCheck.Run(file, context.Stop.Token);
        var output = context.Terminal.Out;
        output.WriteLine($"{tally.Read} records: {tally.Kept} usable, {tally.Read - tally.Kept} not.");
        foreach (var (code, count) in tally.Skipped.Concat(tally.Warnings))
        {
            output.WriteLine($"{code}: {count} records");
            foreach (var place in tally.Examples[code])
                output.WriteLine($"    {place}");
        }
        return tally.Kept == tally.Read ? ExitCode.Success : ExitCode.Failure;
    }
}
