using System.Text;
using Caravan.Files;
using Caravan.Text;
using Caravan.Training.Configuration;

namespace Caravan.Training.Data;

/// <summary>Decides from what the checks found whether a run may begin.</summary>
internal static class DataGate
{
    // Records that lost their answer to the length limit are dropped, as everywhere; so many are a mistake.
    private const double MostWithoutLoss = 0.1;

    /// <exception cref="BadInputException">Records have problems and the gate is fatal; they are named.</exception>
    public static void Check(PreflightReport report, PreflightGate gate, string file, Action<string> say)
    {
        if (report.Truncated > 0)
            say(Truncation(report, file));
        var problems = report.Counts.Where(count => count.Key != PreflightProblemKind.NoLossTokens
            || count.Value > MostWithoutLoss * report.Records).ToList();
        if (problems.Count == 0)
            return;
        var text = new StringBuilder($"{file}: the checks before the run found problems in {report.Records} records.");
        foreach (var (kind, count) in problems)
        {
            var examples = report.Examples.Where(problem => problem.Kind == kind).Take(3);
            text.Append($"\n  {count} × {Describe(kind)}: ")
                .AppendJoin("; ", examples.Select(problem => $"{problem.RecordId}: {problem.Message.TrimEnd('.')}"));
        }
        if (gate == PreflightGate.Warn)
            say(text.ToString());
        else
            throw new BadInputException(
                text.Append("\nCorrect the records or the template, or pass --preflight warn to train on them all the ")
                    .Append("same.").ToString());
    }

    private static string Truncation(PreflightReport report, string file)
    {
        var lengths = report.LengthHistogram.Select((count, power) => (count, power)).Where(bucket => bucket.count > 0)
            .Select(bucket => $"{1 << bucket.power}–{(2 << bucket.power) - 1}: {bucket.count}");
        var more = report.Truncated > report.TruncatedIds.Count ? ", …" : "";
        return $"{file}: {report.Truncated} of {report.Records} records are longer than max_seq_length and lose " +
            $"their end ({string.Join(", ", report.TruncatedIds)}{more}). Records by length in tokens: " +
            $"{string.Join(", ", lengths)}.";
    }

    private static string Describe(PreflightProblemKind kind) => kind switch
    {
        PreflightProblemKind.NoLossTokens => "no token to learn",
        PreflightProblemKind.EndOfTurnNotTrained => "the end of an answer is not learned",
        PreflightProblemKind.BeginningRepeated => "the beginning-of-sequence token stands twice",
        PreflightProblemKind.BeginningMissing => "the beginning-of-sequence token is missing",
        PreflightProblemKind.GenerationDiffers => "the prompt at generation is another than in training",
        _ => "the template cannot render it",
    };
}
