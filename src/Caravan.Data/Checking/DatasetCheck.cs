using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data.Checking;

/// <summary>
/// Reads a file of records to its end whatever is wrong with it, and counts every fault and oddity by code with its
/// first places.
/// </summary>
public static class DatasetCheck
{
    /// <summary>
    /// The books of the check: <see cref="Tally.Skipped"/> has the unusable records by code, whose messages are in
    /// <see cref="Tally.Examples"/>, and <see cref="Tally.Warnings"/> what is odd about the others.
    /// </summary>
    /// <exception cref="BadInputException">The file itself cannot be read on, so that no record follows.</exception>
    public static Tally Run(string path, CancellationToken cancellation = default)
    {
        var tally = new Tally();
        var ids = new HashSet<(string, string)>();
        foreach (var raw in RecordFile.Read(path))
        {
            cancellation.ThrowIfCancellationRequested();
            tally.Read++;
            try
            {
                CheckOne(raw, tally, ids);
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

    private static void CheckOne(RawRecord raw, Tally tally, HashSet<(string, string)> ids)
    {
        using var document = JsonRecord.Parse(raw, out var repeatedKeys);
        var record = InstructionParser.Parse(document.RootElement, raw);
        if (repeatedKeys)
            tally.Warn(RecordWarning.RepeatedKey, raw.Origin);
        if (SourceRecord.Find(document.RootElement, "dataset") is null ||
            SourceRecord.Find(document.RootElement, "id") is null)
            tally.Warn(RecordFault.NoName, raw.Origin);
        else if (!ids.Add((record.Dataset, record.Id)))
            tally.Warn(RecordWarning.RepeatedId, raw.Origin);
        if (record.Messages.Any(message => message.Content.AsSpan().ContainsAny('\uFFFD', '\0')))
            tally.Warn(RecordWarning.ChangedText, raw.Origin);
        foreach (var code in RecordWarning.Of(record.Messages))
            tally.Warn(code, raw.Origin);
    }
}
