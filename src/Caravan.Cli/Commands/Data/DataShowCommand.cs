using System.CommandLine;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Data;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data show</c>: records as a person reads them.</summary>
internal static class DataShowCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file") { Description = "A file of conversations, or of pairs of them." };
        var count = Options.Integer("--count", "How many records to show.", 3, NumberRange.AtLeast(1));
        var random = new Option<bool>("--random")
        {
            Description = "Show a random sample instead of the first records.",
        };
        var seed = DataOptions.Seed();
        var search = new Option<string?>("--search")
        {
            Description = "Only records with this text in a message or the id, in any case.",
            HelpName = "TEXT",
        };
        var command = new DocumentedCommand("show", "Prints records of a file for reading.")
        {
            Examples =
            [
                new("caravan data show train.jsonl", "The first three records"),
                new("caravan data show train.jsonl --random --search poem", "A random sample of records about poems"),
            ],
        };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { count, random, seed, search })
            command.Options.Add(option);
        command.SetAction(
            parsed => Run(context, parsed.GetValue(file)!, (int)Math.Min(int.MaxValue, parsed.GetValue(count)),
            parsed.GetValue(random) ? parsed.GetValue(seed) : null, parsed.GetValue(search)));
        return command;
    }

    private static int Run(CommandContext context, string file, int count, long? seed, string? search)
    {
        var records = ShownRecord.Read(file).Where(record => search is null || record.Contains(search));
        foreach (var record in seed is { } chosen ? Reservoir(records, count, chosen) : records.Take(count))
        {
            context.Stop.Token.ThrowIfCancellationRequested();
            context.Terminal.Out.WriteLine(
                UntrustedText.Harmless($"── {record.Dataset}  {record.Id}  ({record.Origin})"));
            foreach (var (heading, text) in record.Parts)
            {
                var shown = context.Terminal.OutIsTerminal ? UntrustedText.Harmless(text) : text;
                context.Terminal.Out.WriteLine($"{heading}:\n{shown}\n");
            }
        }
        return ExitCode.Success;
    }

    // One pass, and only the sample in memory.
    private static List<ShownRecord> Reservoir(IEnumerable<ShownRecord> records, int count, long seed)
    {
        var random = new SeededRandom(seed, "show");
        var sample = new List<ShownRecord>();
        var seen = 0;
        foreach (var record in records)
        {
            var place = seen < count ? seen : random.NextInt(seen + 1);
            if (place == sample.Count)
                sample.Add(record);
            else if (place < count)
                sample[place] = record;
            seen++;
        }
        return sample;
    }
}
