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

    protected sealed override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var locations = run.Raw.Match("*.parquet") is { Count: > 0 } parquet ? parquet : run.Raw.Match("*.jsonl");
        if (locations.Count == 0)
            locations = [run.Raw.Need([.. Card.Files.Select(file => file.Name)])];
        return run.Map<PreferenceRecord>(locations, null, (source, records) => records.Add(
            new PreferenceRecord(Card.Slug, "", Side(source, "chosen"), Side(source, "rejected"))
            {
                Margin = Score(source, Scores.Chosen) - Score(source, Scores.Rejected),
                Origin = source.Origin,
            }));
    }

    private static List<ChatMessage> Side(SourceRecord source, string key) => InstructionParser.Messages(
        source.Array(key), key, new JsonFields(source.Root, source.Origin, source.Dataset, source.Name));

    private static double? Score(SourceRecord source, string key) =>
        SourceRecord.Find(source.Root, key) is { ValueKind: JsonValueKind.Number } score ? score.GetDouble() : null;
}
