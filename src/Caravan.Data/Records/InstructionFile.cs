using System.IO.Compression;
using Caravan.Data.Json;
using Caravan.Files;

namespace Caravan.Data;

/// <summary>Reads and writes files of instruction records, however large: memory holds a few records at a time.</summary>
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
        using var stream = Open(path);
        foreach (var raw in Guarded(JsonRecordReader.Read(stream, path), path))
        {
            using var document = JsonRecord.Parse(raw, out _);
            yield return InstructionParser.Parse(document.RootElement, raw);
        }
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

    private static Stream Open(string path)
    {
        if (Directory.Exists(path))
            throw new BadInputException($"{path}: this is a folder; expected a file of JSON records.");
        if (!File.Exists(path))
            throw new BadInputException($"{path}: no such file. Expected a .jsonl or .json file of records.");
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16,
            FileOptions.SequentialScan);
        Span<byte> magic = stackalloc byte[2];
        var gzipped = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1F, 0x8B];
        file.Position = 0;
        return gzipped ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    // A damaged gzip file shows itself only while it is read.
    private static IEnumerable<RawRecord> Guarded(IEnumerable<RawRecord> records, string path)
    {
        using var enumerator = records.GetEnumerator();
        while (MoveNext(enumerator, path))
            yield return enumerator.Current;
    }

    private static bool MoveNext(IEnumerator<RawRecord> records, string path)
    {
        try
        {
            return records.MoveNext();
        }
        catch (InvalidDataException exception)
        {
            throw new BadInputException($"{path}: the gzip data is damaged or truncated: {exception.Message}", exception);
        }
    }
}
