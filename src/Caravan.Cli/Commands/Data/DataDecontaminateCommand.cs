using System.CommandLine;
using System.Globalization;
using Caravan.Cli.CommandLine;
using Caravan.Data.Decontamination;
using Spectre.Console;

namespace Caravan.Cli.Commands.Data;

/// <summary><c>caravan data decontaminate</c>: finds benchmarks' questions in training data.</summary>
internal static class DataDecontaminateCommand
{
    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("file") { Description = "A file of training records." };
        var tests = new Option<string[]>("--test")
        {
            Description = "A benchmark's file, with '=' and fields of its own behind it if those of '--fields' are " +
                "not there; may be given several times.",
            HelpName = "FILE[=NAME,NAME]",
            Required = true,
        };
        var fields = new Option<string[]>("--fields")
        {
            Description = "The fields with the question.",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["question"],
        };
        var ngram = Options.Integer(
            "--ngram", "Look for runs of so many tokens; 0 looks for whole questions.", 0, new NumberRange(0, 1000));
        var threshold = Options.Number(
            "--threshold", "With --ngram: the part of a question above which a record is contaminated.", 0.5,
            new NumberRange(0, 0.999));
        var analyzer = Options.Choice("--analyzer", "How text is cut into tokens.", "pattern", "pattern", "standard");
        var roles = new Option<string[]>("--roles")
        {
            Description = "The messages to search.",
            HelpName = "ROLE",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["user"],
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder for the report and the cleaned data.",
            HelpName = "DIR",
            Required = true,
        };
        var command = new DocumentedCommand("decontaminate",
            "Looks for benchmarks' questions in training data, reports them, and writes the data without them.")
        {
            Examples =
            [
                new("caravan data decontaminate train.jsonl --test gsm8k_test.jsonl --out clean", "Whole questions"),
                new(
                    "caravan data decontaminate train.jsonl --test gsm8k_test.jsonl --ngram 8 --threshold 0.5 " +
                    "--out clean",
                    "Questions of which more than half is there in runs of eight tokens"),
                new(
                    "caravan data decontaminate train.jsonl --test gsm8k.jsonl --test HumanEval.jsonl.gz=prompt " +
                    "--out clean",
                    "Two benchmarks whose questions have different names"),
            ],
        };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { tests, fields, ngram, threshold, analyzer, roles, output })
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var size = (int)parsed.GetValue(ngram);
            var settings = new DecontaminationSettings
            {
                NgramSize = size == 0 ? null : size,
                Threshold = size == 0 ? null : parsed.GetValue(threshold),
                Roles = parsed.GetValue(roles)!,
                Analyzer = parsed.GetValue(analyzer) == "pattern" ? TextAnalyzer.Pattern : TextAnalyzer.Standard,
            };
            return Run(context, parsed.GetValue(file)!, parsed.GetValue(tests)!, parsed.GetValue(fields)!, settings,
                parsed.GetValue(output)!);
        });
        return command;
    }

    private static int Run(
        CommandContext context, string file, string[] tests, string[] fields, DecontaminationSettings settings,
            string output)
    {
        var sets = TestSet.ReadAll(tests, fields);
        var outcome = CleanedData.Write(file, sets, settings, output, context.Stop.Token);
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("benchmark", "questions", "found", "mean score", "contaminated records");
        foreach (var report in outcome.Reports)
        {
            table.AddRow(Markup.Escape(report.TestSet), $"{report.Questions}", $"{report.Found}",
                report.MeanScore.ToString("0.0000", CultureInfo.InvariantCulture), $"{report.ContaminatedRecords}");
        }
        context.Terminal.Console.Write(table);
        context.Terminal.Out.WriteLine($"{outcome.Kept} records stay, {outcome.Removed} are removed.");
        return ExitCode.Success;
    }
}
