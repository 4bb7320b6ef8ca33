using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Preferences;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// The datasets whose raw records are pairs of message lists already: they are copied, with the difference of their
/// scores as margin where there are any, and with what else is said about the prompt and the models.
/// </summary>
public abstract class ReadyPairs : PreferenceDataset
{
    private static readonly string[] Carried =
        ["source", "prompt_id", "chosen_model", "rejected_model", "chosen-model", "rejected-model"];

    /// <summary>The names of the chosen and the rejected side's score.</summary>
    protected virtual (string Chosen, string Rejected) Scores => ("score_chosen", "score_rejected");

    /// <summary>What records give as their dataset.</summary>
    protected virtual string Source => Card.Slug;

    /// <summary>The raw files, all of one kind.</summary>
    protected virtual IReadOnlyList<string> Locations(ConversionRun run) => Files(run, "*", Card.Files[0].Name);

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run) =>
        run.Map<PreferenceRecord>(Locations(run), null, (source, records) => records.Add(Read(source)));

    /// <summary>The raw files of a name with wildcards but without an ending: Parquet or else JSON.</summary>
    /// <exception cref="BadInputException">There are none; the message asks for the published one.</exception>
    protected static IReadOnlyList<string> Files(ConversionRun run, string name, string published)
    {
        foreach (var ending in new[] { ".parquet", ".jsonl", ".json" })
        {
            if (run.Raw.Match(name + ending) is { Count: > 0 } found)
                return found;
        }
        return [run.Raw.Need(published)];
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
            OtherKeys = Others(source),
            Origin = source.Origin,
        };
    }

    private static List<ChatMessage> Side(SourceRecord source, string key) => InstructionParser.Messages(
        source.Array(key), key, new JsonFields(source.Root, source.Origin, source.Dataset, source.Name));

    // Argilla writes its columns with hyphens.
    private static string? Others(SourceRecord source)
    {
        var members = Carried
            .Select(key => (Key: key.Replace('-', '_'), Text: source.OptionalText(key)))
            .Where(member => member.Text is not null)
            .Select(member => OtherKeys.Text(member.Key, member.Text!)).ToList();
        return members.Count == 0 ? null : string.Join(", ", members);
    }

    private static double? Score(SourceRecord source, string key) =>
        SourceRecord.Find(source.Root, key) is { ValueKind: JsonValueKind.Number } score ? score.GetDouble() : null;
}
