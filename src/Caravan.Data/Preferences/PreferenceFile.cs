using System.Globalization;
using System.Text;
using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Sources;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data.Preferences;

/// <summary>
/// Reads and writes files of preference records: objects with <c>chosen</c> and <c>rejected</c> messages.
/// </summary>
public static class PreferenceFile
{
    /// <summary>
    /// The usable records in order. Pairs from which nothing is to be learnt, because their answers are the same (P04)
    /// or one is blank (P05), are left out and counted in the books, which balance at the file's end. A record without
    /// dataset or id is named after the file and its position; <c>source</c> stands in for a missing dataset.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="tally">The books: records read, kept, skipped by code, and warned of.</param>
    /// <param name="allowDivergentPrompt">Keep pairs with the fault P03 and count them as warnings.</param>
    /// <exception cref="BadInputException">
    /// The file is missing, or a record has one of the faults P01, P02, P03 and P06.
    /// </exception>
    public static IEnumerable<PreferenceRecord> Read(string path, Tally tally, bool allowDivergentPrompt = false)
    {
        foreach (var record in ReadUnchecked(path))
        {
            var faults = PreferenceFault.All(record).ToList();
            var skipped = faults.Find(PreferenceFault.IsNothingToLearn);
            var fatal = faults.Find(
                code => code != skipped && (code != PreferenceFault.DivergentPrompt || !allowDivergentPrompt));
            if (fatal is not null)
                throw Fault(fatal, record);
            tally.Read++;
            if (skipped is not null)
            {
                tally.Skip(skipped, record.Origin);
                continue;
            }
            if (faults.Contains(PreferenceFault.DivergentPrompt))
                tally.Warn(PreferenceFault.DivergentPrompt, record.Origin);
            tally.Kept++;
            yield return record;
        }
        tally.Verify();
    }

    /// <summary>The same for looking at: pairs with a fault are there too.</summary>
    /// <exception cref="BadInputException">The file is missing, or a record is no pair of conversations.</exception>
    public static IEnumerable<PreferenceRecord> ReadUnchecked(string path)
    {
        foreach (var raw in RecordFile.Read(path))
        {
            using var document = JsonRecord.Parse(raw, out _);
            yield return Parse(document.RootElement, raw);
        }
    }

    /// <summary>Whether the file's first record is a pair.</summary>
    public static bool HoldsPairs(string path)
    {
        foreach (var raw in RecordFile.Read(path))
        {
            using var document = JsonRecord.Parse(raw, out _);
            return IsPair(document.RootElement);
        }
        return false;
    }

    /// <summary>Writes JSON Lines; the name appears when all of it is on the disk.</summary>
    /// <returns>The number of records.</returns>
    public static long Write(string path, IEnumerable<PreferenceRecord> records, bool ascii = false)
    {
        long count = 0;
        AtomicFile.Write(path, stream =>
        {
            var buffered = new BufferedStream(stream, 1 << 16);
            count = Write(buffered, records, ascii);
            buffered.Flush();
        });
        return count;
    }

    /// <summary>Writes JSON Lines to a stream.</summary>
    internal static long Write(Stream stream, IEnumerable<PreferenceRecord> records, bool ascii)
    {
        long count = 0;
        var line = new JsonLine(ascii);
        foreach (var record in records)
        {
            line.Clear();
            line.Raw("{\"dataset\": "u8).Text(record.Dataset).Raw(", \"id\": "u8).Text(record.Id);
            Append(line.Raw(", \"chosen\": ["u8), record.Chosen);
            Append(line.Raw("], \"rejected\": ["u8), record.Rejected);
            line.Raw("]"u8);
            Number(line, "score_chosen", record.ScoreChosen);
            Number(line, "score_rejected", record.ScoreRejected);
            Number(line, "margin", record.Margin);
            if (record.OtherKeys is { } others)
                line.Raw(", "u8).Quoted(Encoding.UTF8.GetBytes(others));
            stream.Write(line.Raw("}\n"u8).Written);
            count++;
        }
        return count;
    }

    internal static RecordException Fault(string code, PreferenceRecord record) =>
        new(code, record.Origin, PreferenceFault.Describe(code) + ".", record.Dataset, record.Id);

    private static void Number(JsonLine line, string key, double? value)
    {
        if (value is { } number)
            line.Raw(Encoding.UTF8.GetBytes($", \"{key}\": {number.ToString("R", CultureInfo.InvariantCulture)}"));
    }

    /// <summary>Whether the record is a pair: it has both sides.</summary>
    internal static bool IsPair(JsonElement root) =>
        root.TryGetProperty("chosen", out _) && root.TryGetProperty("rejected", out _);

    /// <exception cref="RecordException">P01, or a message is broken: E03, E04.</exception>
    internal static PreferenceRecord Parse(JsonElement root, RawRecord raw)
    {
        var stem = Path.GetFileNameWithoutExtension(raw.Origin.Path);
        var dataset = Name(root, "dataset") ?? Name(root, "source") ?? stem;
        var id = Name(root, "id") ?? Name(root, "prompt_id") ?? $"{stem}_{raw.Index}";
        var fields = new JsonFields(root, raw.Origin, dataset, id);
        double? Score(string key) =>
            root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number
                ? value.GetDouble() : null;
        return new PreferenceRecord(dataset, id, Side(root, "chosen", fields), Side(root, "rejected", fields))
        {
            Margin = Score("margin"),
            ScoreChosen = Score("score_chosen"),
            ScoreRejected = Score("score_rejected"),
            OtherKeys = OtherKeys.Of(
                root, "dataset", "id", "chosen", "rejected", "score_chosen", "score_rejected", "margin"),
            Origin = raw.Origin,
        };
    }

    private static string? Name(JsonElement root, string key) =>
        root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? JsonText.Read(value, out _) : null;

    private static List<ChatMessage> Side(JsonElement root, string key, JsonFields fields)
    {
        if (!root.TryGetProperty(key, out var side) || side.ValueKind != JsonValueKind.Array)
            throw fields.Fault(
                PreferenceFault.NoConversation, $"{key}: expected a list of messages, found {JsonText.Kind(side)}.");
        return InstructionParser.Messages(side, key, fields);
    }

    internal static void Append(JsonLine line, IReadOnlyList<ChatMessage> messages)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            line.Raw(i == 0 ? "{\"role\": "u8 : ", {\"role\": "u8).Text(messages[i].Role)
                .Raw(", \"content\": "u8).Text(messages[i].Content).Raw("}"u8);
        }
    }
}
