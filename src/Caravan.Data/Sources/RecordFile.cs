using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Data.Parquet;
using Caravan.Data.Tables;

namespace Caravan.Data.Sources;

/// <summary>
/// Reads any file of records as JSON objects: JSON Lines and JSON arrays as they stand, the rows of Parquet, CSV and
/// xlsx files as one object a row. The narrow waist of this room: converters see one shape, whatever the file.
/// </summary>
public static class RecordFile
{
    /// <summary>The file's records in runs; the caller disposes each run.</summary>
    /// <param name="measured">Told size and hash at the end of a JSON file that is not compressed.</param>
    /// <param name="threads">How many row groups of a Parquet file are decoded at a time.</param>
    public static IEnumerable<JsonChunk> ReadChunks(
        string location, Action<ManifestFile>? measured = null, int threads = 1)
    {
        if (Path.GetExtension(location).Equals(".parquet", StringComparison.OrdinalIgnoreCase))
        {
            foreach (var chunk in ParquetChunks(location, threads))
                yield return chunk;
            yield break;
        }
        var extension = Path.GetExtension(location).ToLowerInvariant();
        using var stream = RawFile.Open(location, extension is ".csv" or ".xlsx" ? null : measured);
        var chunks = extension switch
        {
            ".csv" => CsvTable.ReadChunks(stream, location),
            ".xlsx" => XlsxTable.ReadChunks(stream, location),
            _ => JsonRecordReader.ReadChunks(stream, location),
        };
        foreach (var chunk in chunks)
            yield return chunk;
    }

    private static IEnumerable<JsonChunk> ParquetChunks(string path, int threads)
    {
        using var file = ParquetFile.Open(path);
        var chunks = threads > 1 && file.RowGroups > 1
            ? RowGroupsAhead.ReadChunks(file, threads)
            : Enumerable.Range(0, file.RowGroups).SelectMany(file.ReadChunks);
        foreach (var chunk in chunks)
            yield return chunk;
    }

    /// <summary>The same, record by record; a record's memory is valid until the next one is asked for.</summary>
    public static IEnumerable<RawRecord> Read(string location)
    {
        foreach (var chunk in ReadChunks(location))
        {
            using (chunk)
            {
                foreach (var record in chunk.Records)
                    yield return record;
            }
        }
    }

    /// <summary>The number of records, found without parsing them where the format allows.</summary>
    public static long Count(string location)
    {
        if (Path.GetExtension(location).Equals(".parquet", StringComparison.OrdinalIgnoreCase))
        {
            using var file = ParquetFile.Open(location);
            return file.Rows;
        }
        long count = 0;
        foreach (var chunk in ReadChunks(location))
        {
            using (chunk)
                count += chunk.Records.Count;
        }
        return count;
    }
}
