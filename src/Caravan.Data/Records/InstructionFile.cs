using Caravan.Data.Json;
using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data;

/// <summary>
/// Reads and writes files of instruction records, however large: memory holds a few records at a time.
/// </summary>
public static class InstructionFile
{
    /// <summary>
    /// The records of a JSON Lines file or JSON array (also gzipped), in order, in any of the layouts that
    /// <c>messages</c>, <c>prompt</c>/<c>completion</c> or <c>instruction</c>/<c>input</c>/<c>output</c> columns give.
    /// A record without a dataset or id is named after the file and its 0-based position.
    /// </summary>
    /// <exception cref="BadInputException">
    /// The file is missing, or a record is broken; the message names file, line and field.
    /// </exception>
    public static IEnumerable<InstructionRecord> Read(string path)
    {
        foreach (var raw in RecordFile.Read(path))
        {
            using var document = JsonRecord.Parse(raw, out _);
            yield return InstructionParser.Parse(document.RootElement, raw);
        }
    }

    /// <summary>Whether the file's first record is a prompt with its completion, and not messages.</summary>
    public static bool HoldsCompletions(string path)
    {
        foreach (var raw in RecordFile.Read(path))
        {
            using var document = JsonRecord.Parse(raw, out _);
            return InstructionParser.IsCompletion(document.RootElement);
        }
        return false;
    }

    /// <summary>Writes the unified JSON Lines form; the name appears when all of it is on the disk.</summary>
    /// <returns>The number of records.</returns>
    public static long Write(string path, IEnumerable<InstructionRecord> records, bool ascii = false)
    {
        long count = 0;
        AtomicFile.Write(path, stream =>
        {
            using var writer = new InstructionWriter(stream, ascii);
            foreach (var record in records)
            {
                writer.Write(record);
                count++;
            }
        });
        return count;
    }
}
