using System.CommandLine;
using System.Globalization;
using Caravan.Cli.CommandLine;
using Caravan.Data;
using Caravan.Data.Lineage;
using Caravan.Data.Statistics;
using Spectre.Console;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data stats</c>: the numbers of a file of records.</summary>
internal static class DataStatsCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file")
        {
            Description = "A file of records, or a folder of NAME_statistics.json for one table of them all.",
        };
        var tokenizer = DataOptions.Tokenizer();
        var json = new Option<string?>("--json")
        {
            Description = "Write open-instruct's statistics file.",
            HelpName = "FILE",
        };
        var html = new Option<string?>("--html") { Description = "Write a report with histograms.", HelpName = "FILE" };
        var table = Options.Choice(
            "--table", "How the table of a folder is written.", StatisticsTable.Forms[0], [.. StatisticsTable.Forms]);
        var command = new DocumentedCommand("stats", "Measures a file of records: counts, turns, lengths.")
        {
            Examples =
            [
                new("caravan data stats data/processed/dolly/dolly_data.jsonl", "Lengths in words"),
                new("caravan data stats train.jsonl --tokenizer llama-2-7b --html report.html",
                    "Lengths in tokens, and a report"),
                new("caravan data stats data/processed --table latex", "All statistics files below a folder"),
            ],
        };
        command.Arguments.Add(file);
        command.Options.Add(tokenizer);
        command.Options.Add(json);
        command.Options.Add(html);
        command.Options.Add(table);
        command.SetAction(parsed => Directory.Exists(parsed.GetValue(file))
            ? Table(context, parsed.GetValue(file)!, parsed.GetValue(table)!)
            : Run(context, parsed.GetValue(file)!, parsed.GetValue(tokenizer), parsed.GetValue(json),
                parsed.GetValue(html)));
        return command;
    }

    private static int Table(CommandContext context, string folder, string form)
    {
        context.Terminal.Out.Write(StatisticsTable.Write(StatisticsTable.Read(folder), form));
        return ExitCode.Success;
    }

    private static int Run(CommandContext context, string file, string? tokenizer, string? json, string? html)
    {
        var (count, unit) = DataOptions.Lengths(tokenizer);
        var statistics = MessageStatistics.Of(InstructionFile.Read(file), count, unit, context.Stop.Token);
        if (json is not null)
            statistics.Save(json, InstructionFile.HoldsCompletions(file));
        var manifest = Manifest.PathFor(file);
        if (html is not null)
            DataReport.Write(
                html, Path.GetFileName(file), statistics, File.Exists(manifest) ? Manifest.Load(manifest) : null);
        var table = new Table().Border(TableBorder.Simple).AddColumns("", "count", "mean", "min", "50%", "max");
        Add(table, "messages of a record", statistics.TurnsSummary);
        Add(table, $"user messages ({unit})", statistics.UserPromptLengthsSummary);
        Add(table, $"assistant messages ({unit})", statistics.AssistantResponseLengthsSummary);
        Add(table, $"records ({unit})", statistics.TotalLengthsSummary);
        context.Terminal.Console.Write(table);
        foreach (var (code, number) in statistics.Warnings)
            context.Terminal.Out.WriteLine($"{number} records: {RecordWarning.Describe(code)}");
        return ExitCode.Success;
    }

    private static void Add(Table table, string name, Distribution of) => table.AddRow(
        Markup.Escape(name), $"{of.Count}", Number(of.Mean), Number(of.Min), Number(of.Q50), Number(of.Max));

    private static string Number(double? value) => value?.ToString("0.#", CultureInfo.InvariantCulture) ?? "–";
}
