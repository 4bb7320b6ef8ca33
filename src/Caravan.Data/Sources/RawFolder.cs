using System.IO.Compression;
using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Data.Sources;

/// <summary>
/// The folder that holds a dataset's raw files as they were downloaded. A file is found by its path in the folder, with
/// <c>.gz</c> added, or in any zip archive there, whose single top folder (as GitHub's archives have) is passed over.
/// </summary>
public sealed class RawFolder
{
    private readonly Lazy<Dictionary<string, string>> _archived;

    public RawFolder(string path)
    {
        Path = path;
        _archived = new(ListArchives);
    }

    public string Path { get; }

    /// <summary>The location of the first of these names that is there, or null.</summary>
    public string? Find(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var path = System.IO.Path.Combine(Path, name);
            if (File.Exists(path))
                return path;
            if (File.Exists(path + ".gz"))
                return path + ".gz";
        }
        foreach (var name in names)
        {
            if (_archived.Value.TryGetValue(name, out var location))
                return location;
        }
        return null;
    }

    /// <summary>The location of a file that must be there, under the first of its names that is.</summary>
    /// <exception cref="BadInputException">None of the names is there.</exception>
    public string Need(params ReadOnlySpan<string> names) => Find(names) ?? throw new BadInputException(
        $"{Path}: the raw file {string.Join(" or ", names.ToArray())} is not there. " +
        "Fetch it, or put it into this folder.");

    /// <summary>
    /// The files in the folder that match a pattern, sorted by name; the downloader's own note is not one of them.
    /// </summary>
    public IReadOnlyList<string> Match(string pattern) => Directory.Exists(Path)
        ? [.. Directory.EnumerateFiles(Path, pattern).Where(IsData).Order(StringComparer.Ordinal)]
        : [];

    private static bool IsData(string path) => System.IO.Path.GetFileName(path) != DownloadLock.FileName;

    private Dictionary<string, string> ListArchives()
    {
        var locations = new Dictionary<string, string>();
        foreach (var path in Match("*.zip"))
        {
            foreach (var entry in Entries(path))
            {
                locations.TryAdd(entry, $"{path}!{entry}");
                var slash = entry.IndexOf('/');
                if (slash >= 0)
                    locations.TryAdd(entry[(slash + 1)..], $"{path}!{entry}");
            }
        }
        return locations;
    }

    private static IReadOnlyList<string> Entries(string path)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            return [.. archive.Entries.Select(entry => entry.FullName)];
        }
        catch (InvalidDataException exception)
        {
            throw new BadInputException($"{path}: this is not a valid zip archive: {exception.Message}", exception);
        }
    }
}
