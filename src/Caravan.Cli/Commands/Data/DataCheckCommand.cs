using System.CommandLine;
using System.Text.Json.Nodes;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Data;
using Caravan.Data.Checking;
using Caravan.Data.Conversion;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data check</c>: what is wrong with a file of records.</summary>
internal static class DataCheckCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file") { Description = "A file of records." };
        var command = new DocumentedCommand("check",
            "Reads a file of records, conversations or pairs with 'chosen' and 'rejected', to its end and reports " +
            "every fault and oddity by code, with its first places.")
        {
            Examples =
            [
                new("caravan data check train.jsonl", "Exit code 1 if a record is unusable"),
                new("caravan data check pairs.parquet --json", "For a program"),
            ],
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object." };
        command.Arguments.Add(file);
        var divergent = DataOptions.AllowDivergentPrompt();
        command.Options.Add(divergent);
        command.Options.Add(json);
        command.SetAction(
            parsed => Run(context, parsed.GetValue(file)!, parsed.GetValue(divergent), parsed.GetValue(json)));
        return command;
    }

    private static int Run(CommandContext context, string file, bool allowDivergentPrompt, bool json)
    {
        var tally = DatasetCheck.Run(file, allowDivergentPrompt, context.Stop.Token);
        var output = context.Terminal.Out;
        if (json)
            output.WriteLine(CardJson.Write(Describe(tally)));
        else
        {
            output.WriteLine($"{tally.Read} records: {tally.Kept} usable, {tally.Read - tally.Kept} not.");
            // A fault's places say what is wrong there; a warning's are only places.
            foreach (var (code, count) in tally.Skipped)
                Write(output, tally, code, code, count);
            foreach (var (code, count) in tally.Warnings)
                Write(output, tally, code, RecordWarning.Describe(code), count);
        }
        return tally.Kept == tally.Read ? ExitCode.Success : ExitCode.Failure;
    }

    private static void Write(TextWriter output, Tally tally, string code, string heading, long count)
    {
        output.WriteLine($"{heading}: {count} records");
        foreach (var place in tally.Examples[code])
            output.WriteLine($"    {UntrustedText.Harmless(place)}");
    }

    private static JsonObject Describe(Tally tally) => new()
    {
        ["records"] = tally.Read,
        ["usable"] = tally.Kept,
        ["faults"] = Counts(tally, tally.Skipped),
        ["warnings"] = Counts(tally, tally.Warnings),
    };

    private static JsonObject Counts(Tally tally, IReadOnlyDictionary<string, long> counts) =>
        new(counts.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)new JsonObject
        {
            ["records"] = pair.Value,
            ["first"] = new JsonArray([.. tally.Examples[pair.Key].Select(place => (JsonNode)place)]),
        })));
}
