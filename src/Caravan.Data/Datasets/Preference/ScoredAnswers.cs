using System.Text.Json;
using Caravan.Data.Conversion;

namespace Caravan.Data.Datasets.Preference;

/// <summary>An answer with its marks, as HelpSteer gives several of to each prompt.</summary>
internal sealed record ScoredAnswers(
    string Prompt, string Answer, IReadOnlyDictionary<string, double> Marks, RecordOrigin Origin)
{
    /// <summary>What is marked.</summary>
    public static readonly string[] Aspects = ["helpfulness", "correctness", "coherence", "complexity", "verbosity"];

    /// <summary>
    /// All answers, grouped by their exact prompt in the order of its first one; groups of one are left out.
    /// </summary>
    public static IEnumerable<ScoredAnswers[]> Groups(ConversionRun run, IReadOnlyList<string> locations)
    {
        var answers = run.Map<ScoredAnswers>(locations, null, (source, results) => results.Add(new ScoredAnswers(
            source.Text("prompt"), source.Text("response"), Aspects.ToDictionary(aspect => aspect, aspect =>
                Mark(source, aspect)),
            source.Origin)));
        foreach (var group in answers.GroupBy(answer => answer.Prompt))
        {
            var all = group.ToArray();
            if (all.Length >= 2)
                yield return all;
            else
                run.Tally.Drop("one_answer_only", all[0].Origin);
        }
    }

    private static double Mark(SourceRecord source, string aspect) =>
        SourceRecord.Find(source.Root, aspect) is { ValueKind: JsonValueKind.Number } mark
            ? mark.GetDouble()
            : throw source.Fault(RecordFault.NoContent, $"{aspect}: expected a number.");
}
