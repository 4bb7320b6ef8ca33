using System.CommandLine;
using System.Globalization;
using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Data;
using Caravan.Data.Deduplication;
using Caravan.Data.Lineage;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data dedup</c>: leaves out what repeats an earlier record.</summary>
internal static class DataDedupCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file") { Description = "A file of records." };
        var output = new Option<string>("--out")
        {
            Description = "Where to write the records that stay.",
            HelpName = "FILE",
            Required = true,
        };
        var near = Options.Number("--near",
            "Also leave out near-duplicates from this similarity up; 0 leaves out exact ones only.", 0,
                new NumberRange(0, 1));
        var command = new DocumentedCommand("dedup", "Leaves out records that say what an earlier one said.")
        {
            Examples =
            [
                new("caravan data dedup train.jsonl --out unique.jsonl", "Exact duplicates"),
                new("caravan data dedup train.jsonl --near 0.8 --out unique.jsonl", "Near-duplicates as well"),
            ],
        };
        command.Arguments.Add(file);
        command.Options.Add(output);
        command.Options.Add(near);
        command.SetAction(
            parsed => Run(context, parsed.GetValue(file)!, parsed.GetValue(output)!, parsed.GetValue(near)));
        return command;
    }

    private static int Run(CommandContext context, string file, string output, double near)
    {
        var duplicates = new List<Deduplicator.Duplicate>();
        var found = new Deduplicator(near > 0 ? near : null).Find(InstructionFile.Read(file), context.Stop.Token);
        var kept = InstructionFile.Write(output, Kept(found, duplicates));
        foreach (var (record, of, similarity) in duplicates)
        {
            var percent = similarity.ToString("0%", CultureInfo.InvariantCulture);
            context.Terminal.Error.WriteLine(UntrustedText.Harmless(
                $"{record.Origin}: {record.Id} repeats {of.Id} at {of.Origin} ({percent})"));
        }
        Manifest.SaveDerived(file, output, Path.GetFileNameWithoutExtension(output), 0, kept + duplicates.Count, kept,
            duplicates.Count > 0 ? new Dictionary<string, long> { ["duplicate"] = duplicates.Count } : []);
        context.Terminal.Out.WriteLine($"{kept} records stay, {duplicates.Count} repeat an earlier one.");
        return ExitCode.Success;
    }

    private static IEnumerable<InstructionRecord> Kept(
        IEnumerable<(InstructionRecord Record, Deduplicator.Duplicate? Duplicate)> found,
        List<Deduplicator.Duplicate> duplicates)
    {
        foreach (var (record, duplicate) in found)
        {
            if (duplicate is null)
                yield return record;
            else
                duplicates.Add(duplicate);
        }
    }
}
