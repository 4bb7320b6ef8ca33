using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Preferences;
using Caravan.Data.Sources;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data.Checking;

/// <summary>
/// Reads a file of records, conversations or pairs of them, to its end whatever is wrong with it, and counts every
/// fault and oddity by code with its first places.
/// </summary>
public static class DatasetCheck
{
    /// <summary>
    /// The books of the check: <see cref="Tally.Skipped"/> has the unusable records by code, whose messages are in
    /// <see cref="Tally.Examples"/>, and <see cref="Tally.Warnings"/> what is odd about the others.
    /// </summary>
    /// <exception cref="BadInputException">The file itself cannot be read on, so that no record follows.</exception>
    public static Tally Run(
        string path, bool allowDivergentPrompt = false, CancellationToken cancellation = default)
    {
        var tally = new Tally();
        var ids = new HashSet<(string, string)>();
        foreach (var raw in RecordFile.Read(path))
        {
            cancellation.ThrowIfCancellationRequested();
            tally.Read++;
            try
            {
                CheckOne(raw, tally, ids, allowDivergentPrompt);
                tally.Kept++;
            }
            catch (RecordException fault)
            {
                tally.SkipInvalid(fault);
            }
        }
        tally.Verify();
        return tally;
    }

    private static void CheckOne(
        RawRecord raw, Tally tally, HashSet<(string, string)> ids, bool allowDivergentPrompt)
    {
        using var document = JsonRecord.Parse(raw, out var repeatedKeys);
        if (repeatedKeys)
            tally.Warn(RecordWarning.RepeatedKey, raw.Origin);
        var (dataset, id, messages) = PreferenceFile.IsPair(document.RootElement)
            ? Pair(document.RootElement, raw, tally, allowDivergentPrompt)
            : Conversation(document.RootElement, raw);
        if (SourceRecord.Find(document.RootElement, "dataset") is null ||
            SourceRecord.Find(document.RootElement, "id") is null)
            tally.Warn(RecordFault.NoName, raw.Origin);
        else if (!ids.Add((dataset, id)))
            tally.Warn(RecordWarning.RepeatedId, raw.Origin);
        if (messages.Any(side => side.Any(message => message.Content.AsSpan().ContainsAny('\uFFFD', '\0'))))
            tally.Warn(RecordWarning.ChangedText, raw.Origin);
        foreach (var code in messages.SelectMany(RecordWarning.Of).Distinct())
            tally.Warn(code, raw.Origin);
    }

    private static (string, string, IReadOnlyList<ChatMessage>[]) Conversation(JsonElement root, RawRecord raw)
    {
        var record = InstructionParser.Parse(root, raw);
        return (record.Dataset, record.Id, [record.Messages]);
    }

    private static (string, string, IReadOnlyList<ChatMessage>[]) Pair(
        JsonElement root, RawRecord raw, Tally tally, bool allowDivergentPrompt)
    {
        var record = PreferenceFile.Parse(root, raw);
        if (PreferenceFault.Of(record, allowDivergentPrompt) is { } code)
            throw PreferenceFile.Fault(code, record);
        if (PreferenceFault.All(record).Contains(PreferenceFault.DivergentPrompt))
            tally.Warn(PreferenceFault.DivergentPrompt, raw.Origin);
        return (record.Dataset, record.Id, [record.Chosen, record.Rejected]);
    }
}
