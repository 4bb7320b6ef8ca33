using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// The datasets whose raw records are pairs of message lists already: they are copied, with the difference of their
/// scores as margin where there are any.
/// </summary>
public abstract class ReadyPairs : PreferenceDataset
{
    /// <summary>The names of the chosen and the rejected side's score.</summary>
    protected virtual (string Chosen, string Rejected) Scores => ("score_chosen", "score_rejected");

    /// <summary>What records give as their dataset.</summary>
    protected virtual string Source => Card.Slug;

    /// <summary>The raw files, all of one kind.</summary>
    protected virtual IReadOnlyList<string> Locations(ConversionRun run) => Files(run, "*");

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run) =>
        run.Map<PreferenceRecord>(Locations(run), null, (source, records) => records.Add(Read(source)));

    /// <summary>The raw files of a name with wildcards but without an ending: Parquet or else JSON.</summary>
    protected IReadOnlyList<string> Files(ConversionRun run, string name)
    {
        foreach (var ending in new[] { ".parquet", ".jsonl", ".json" })
        {
            if (run.Raw.Match(name + ending) is { Count: > 0 } found)
                return found;
        }
        return [run.Raw.Need([.. Card.Files.Select(file => file.Name).DefaultIfEmpty(name + ".parquet")])];
    }

    /// <summary>The pair of a raw record.</summary>
    protected PreferenceRecord Read(SourceRecord source)
    {
        var (chosen, rejected) = (Score(source, Scores.Chosen), Score(source, Scores.Rejected));
        return new PreferenceRecord(Source, "", Side(source, "chosen"), Side(source, "rejected"))
        {
            Margin = chosen - rejected,
            ScoreChosen = chosen,
            ScoreRejected = rejected,
            Origin = source.Origin,
        };
    }

    private static List<ChatMessage> Side(SourceRecord source, string key) => InstructionParser.Messages(
        source.Array(key), key, new JsonFields(source.Root, source.Origin, source.Dataset, source.Name));

    private static double? Score(SourceRecord source, string key) =>
        SourceRecord.Find(source.Root, key) is { ValueKind: JsonValueKind.Number } score ? score.GetDouble() : null;
}
