using System.Text.Json;
using System.Text.Json.Serialization;

namespace Caravan.Files.Downloads;

/// <summary>Reads and writes <c>downloads.lock.json</c>: what the files beside it were when fetched.</summary>
public static partial class DownloadLock
{
    /// <summary>The lock's name in its folder.</summary>
    public const string FileName = "downloads.lock.json";

    /// <summary>The files by their paths inside the folder; none if there is no lock.</summary>
    /// <exception cref="BadInputException">The lock is damaged.</exception>
    public static SortedDictionary<string, LockedFile> Load(string folder)
    {
        var path = PathIn(folder);
        if (!File.Exists(path))
            return new SortedDictionary<string, LockedFile>(StringComparer.Ordinal);
        try
        {
            var files = JsonSerializer.Deserialize(File.ReadAllText(path), LockJson.Default.DictionaryStringLockedFile)
                ?? [];
            return new SortedDictionary<string, LockedFile>(files, StringComparer.Ordinal);
        }
        catch (JsonException exception)
        {
            throw new BadInputException(
                $"{path}: not readable: {exception.Message} Delete it if its files are not needed.", exception);
        }
    }

    public static void Save(string folder, SortedDictionary<string, LockedFile> files) => AtomicFile.WriteText(
        PathIn(folder), JsonSerializer.Serialize(
            new Dictionary<string, LockedFile>(files), LockJson.Default.DictionaryStringLockedFile));

    private static string PathIn(string folder) => Path.Combine(folder, FileName);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
    [JsonSerializable(typeof(Dictionary<string, LockedFile>))]
    private sealed partial class LockJson : JsonSerializerContext;
}
