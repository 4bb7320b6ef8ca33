using Caravan.Cli.CommandLine;
using Caravan.Cli.Terminals;
using Caravan.Data;
using Caravan.Data.Statistics;
using Caravan.Evaluation;
using Caravan.Text;
using Caravan.Training.Report;
using Spectre.Console;

namespace Caravan.Cli.Quickstart;

/// <summary>The tables, conversations and commands that a quickstart shows.</summary>
internal static class QuickstartPage
{
    private const int BarWidth = 24;
    private const int Samples = 3;

    public static void WriteStatistics(
        Terminal terminal, IReadOnlyList<DatasetStatistics> statistics, IReadOnlyList<InstructionRecord> heldOut)
    {
        var table = CreateTable("kind of task", "training", "held out", "tokens", "longest", "answer");
        foreach (var kind in statistics)
        {
            var held = kind == statistics[^1] ? heldOut.Count : heldOut.Count(record => record.Dataset == kind.Name);
            table.AddRow(
                Markup.Escape(kind.Name), Quantity.Count(kind.Records), Quantity.Count(held), $"{kind.Tokens.Mean:0.0}",
                $"{kind.Tokens.Max:0}", $"{kind.TargetTokens.Mean:0.0}");
        }
        terminal.Console.Write(table);
    }

    /// <summary>The same figures for the report.</summary>
    public static ReportTable StatisticsTable(IReadOnlyList<DatasetStatistics> statistics) => new(
        ["kind of task", "records", "tokens, mean", "tokens, longest", "tokens to learn, mean"],
        [.. statistics.Select(kind => (IReadOnlyList<string>)[kind.Name, Quantity.Count(kind.Records),
            $"{kind.Tokens.Mean:0.0}", $"{kind.Tokens.Max:0}", $"{kind.TargetTokens.Mean:0.0}"])]);

    /// <summary>One score for each kind of task, in the order of the records.</summary>
    public static IReadOnlyList<TaskScore> Compare(ExactMatchResult before, ExactMatchResult after) =>
        [.. after.Samples.Select(sample => sample.Kind).Distinct().Select(kind => new TaskScore(
            kind, before.ByKind[kind].Correct, after.ByKind[kind].Correct, after.ByKind[kind].Total))];

    public static void WriteScores(Terminal terminal, IReadOnlyList<TaskScore> scores)
    {
        var table = CreateTable("kind of task", "before", "after");
        table.AddColumn(new TableColumn(""));
        var all = new TaskScore(
            "all", scores.Sum(score => score.CorrectBefore), scores.Sum(score => score.CorrectAfter),
            scores.Sum(score => score.Total));
        foreach (var score in scores.Append(all))
        {
            var filled = score.Total == 0 ? 0 : (int)Math.Round((double)BarWidth * score.CorrectAfter / score.Total);
            var style = score == all ? "bold" : "default";
            table.AddRow(
                $"[{style}]{Markup.Escape(score.Kind)}[/]", Quantity.Share(score.CorrectBefore, score.Total),
                $"[{style}]{Quantity.Share(score.CorrectAfter, score.Total)}[/]",
                $"[blue]{new string('█', filled)}[/][grey]{new string('░', BarWidth - filled)}[/]");
        }
        terminal.Console.Write(table);
    }

    /// <summary>
    /// The first held-out conversation of three kinds that lie far apart, whatever the model answered.
    /// </summary>
    public static IReadOnlyList<SampleConversation> PickSamples(
        IReadOnlyList<InstructionRecord> heldOut, ExactMatchResult after)
    {
        var answers = after.Samples.ToDictionary(sample => sample.Id);
        var kinds = heldOut.Select(record => record.Dataset).Distinct().ToArray();
        return [.. Enumerable.Range(0, Math.Min(Samples, kinds.Length))
            .Select(i => kinds[i * (kinds.Length - 1) / Math.Max(1, Samples - 1)])
            .Select(kind => heldOut.First(record => record.Dataset == kind))
            .Select(record =>
            {
                var answer = answers[record.Id];
                var title = answer.IsCorrect
                    ? $"{record.Dataset}: right"
                    : $"{record.Dataset}: wrong, expected {answer.Expected}";
                return new SampleConversation(title,
                    [.. record.Messages.SkipLast(1), new ChatMessage("assistant", answer.Answer)]);
            })];
    }

    public static void WriteSamples(Terminal terminal, IReadOnlyList<SampleConversation> samples)
    {
        foreach (var sample in samples)
        {
            terminal.Console.MarkupLine($"[grey]     {Markup.Escape(sample.Title)}[/]");
            FactSheet.Write(terminal, sample.Messages.Select(message =>
                ($"     {message.Role}", RunningText.Join(UntrustedText.Harmless(message.Content)))));
            terminal.Out.WriteLine();
        }
    }

    public static void WriteNextCommands(Terminal terminal, QuickstartFolder folder, InstructionRecord question)
    {
        var program = ProgramName.AsTyped;
        var model = Shell.Quote(folder.Model);
        terminal.Out.WriteLine();
        terminal.Console.MarkupLine("[bold]Try next[/]");
        foreach (var command in new[]
        {
            $"{program} chat --model {model} --temperature 0",
            $"{program} generate --model {model} --chat --temperature 0 --prompt " +
            $"{Shell.Quote(question.Messages[0].Content)}",
            $"{program} train sft {Shell.Quote(folder.Configuration)} --learning-rate 1e-3 --output-dir " +
                Shell.Quote($"{Path.TrimEndingDirectorySeparator(folder.Path)}-2"),
        })
        {
            terminal.Out.WriteLine($"  {command}");
        }
    }

    private static Table CreateTable(string first, params string[] numbers)
    {
        var table = new Table().Border(TableBorder.Simple).BorderColor(Color.Grey).AddColumn(first);
        foreach (var name in numbers)
            table.AddColumn(new TableColumn(name).RightAligned());
        return table;
    }
}
