using System.IO.Compression;
using Caravan.Data.Lineage;
using Caravan.Files;

namespace Caravan.Data.Sources;

/// <summary>
/// Opens a raw data file for reading: a plain file, a gzipped one, or <c>archive.zip!entry</c>. Compressed data is read
/// as it is, never unpacked to the disk.
/// </summary>
public static class RawFile
{
    /// <summary>The file's (decompressed) bytes; the caller disposes the stream.</summary>
    /// <param name="measured">Told size and hash at the end of a file that is not compressed.</param>
    /// <exception cref="BadInputException">The file or entry is missing or is no valid archive.</exception>
    public static Stream Open(string location, Action<ManifestFile>? measured = null)
    {
        if (Split(location) is ({ } archive, { } entry))
            return OpenEntry(archive, entry);
        if (Directory.Exists(location))
            throw new BadInputException($"{location}: this is a folder; expected a file of records.");
        if (!File.Exists(location))
            throw new BadInputException(
                $"{location}: no such file. Expected a file of records (.jsonl, .json, .parquet…).");
        var file = new FileStream(location, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16,
            FileOptions.SequentialScan);
        Span<byte> magic = stackalloc byte[2];
        var gzipped = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1F, 0x8B];
        file.Position = 0;
        if (gzipped)
            return new GzipFile(file, location);
        return measured is null ? file : new MeasuredStream(file, location, measured);
    }

    /// <summary>The path on the disk that a location lives in, which is its archive for an entry.</summary>
    public static string OnDisk(string location) => Split(location).Archive ?? location;

    private static (string? Archive, string? Entry) Split(string location)
    {
        var mark = location.IndexOf(".zip!", StringComparison.OrdinalIgnoreCase);
        return mark < 0 ? (null, null) : (location[..(mark + 4)], location[(mark + 5)..]);
    }

    private static ZipEntryStream OpenEntry(string path, string entry)
    {
        if (!File.Exists(path))
            throw new BadInputException($"{path}: no such file.");
        ZipArchive? archive = null;
        try
        {
            archive = ZipFile.OpenRead(path);
            var found = archive.GetEntry(entry)
                ?? throw new BadInputException($"{path}: the archive has no entry \"{entry}\".");
            return new ZipEntryStream(found.Open(), archive, path);
        }
        catch (InvalidDataException exception)
        {
            archive?.Dispose();
            throw new BadInputException($"{path}: this is not a valid zip archive: {exception.Message}", exception);
        }
    }
}
