using Caravan.Data.Json;
using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data;

/// <summary>
/// Reads files of texts, <c>{"text": …}</c>, and of instruction records in every layout of
/// <see cref="InstructionFile"/>, on all cores and with a few runs of records in memory.
/// </summary>
public static class TextFile
{
    /// <summary>
    /// Maps runs of neighbouring records, several at once; the results come in the order of the file. The records of a
    /// run must be read before <paramref name="map"/> returns, and it must be a function that several threads may call.
    /// </summary>
    /// <param name="separatesInput">See <see cref="InstructionParser.Parse"/>.</param>
    /// <exception cref="BadInputException">
    /// The file is missing, or a record is broken; the message names file, line and field.
    /// </exception>
    public static IEnumerable<TResult> Map<TResult>(
        string path, bool separatesInput, Func<IEnumerable<TextRecord>, TResult> map,
        CancellationToken cancellation = default) =>
        OrderedParallel.Map(
            RecordFile.ReadChunks(path),
            chunk =>
            {
                using (chunk)
                    return map(chunk.Records.Select(raw => Parse(raw, separatesInput)));
            },
            Environment.ProcessorCount, cancellation);

    private static TextRecord Parse(RawRecord raw, bool separatesInput)
    {
        using var document = JsonRecord.Parse(raw, out _);
        var root = document.RootElement;
        bool Has(string key) => root.TryGetProperty(key, out _);
        if (Has("messages") || Has("instruction") || (Has("prompt") && Has("completion")))
        {
            var record = InstructionParser.Parse(root, raw, separatesInput);
            return new TextRecord(record.Id, null, record.Messages, raw.Origin);
        }
        var id = InstructionParser.Id(root, raw);
        var fields = new JsonFields(root, raw.Origin, null, id);
        if (Has("text"))
            return new TextRecord(id, fields.Text("text"), [], raw.Origin);
        var columns = string.Join(", ", root.EnumerateObject().Select(property => property.Name));
        throw fields.Fault(RecordFault.NoMessages,
            "expected the column text or messages, or prompt and completion, or instruction and output; found " +
            $"{(columns.Length == 0 ? "none" : columns)}.");
    }
}
