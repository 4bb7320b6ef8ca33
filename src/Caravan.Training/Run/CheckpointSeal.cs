using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Training.Run;

/// <summary>Makes damage to a checkpoint visible: <c>checksums.json</c> holds every file's size and SHA-256, and
/// <c>COMPLETED</c> is written after everything else.</summary>
internal static class CheckpointSeal
{
    private const string ChecksumsFile = "checksums.json", CompletedFile = "COMPLETED";

    /// <summary>Seals a folder.</summary>
    /// <param name="folder">With all files of the checkpoint.</param>
    /// <param name="hashes">SHA-256 of files, by their names in the folder, of what was to be written; the others' are
    /// taken from the disk.</param>
    public static void Write(string folder, IReadOnlyDictionary<string, string> hashes)
    {
        var sums = new JsonObject();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(folder, file);
            sums[name] = new JsonObject
            {
                ["bytes"] = new FileInfo(file).Length,
                ["sha256"] = hashes.GetValueOrDefault(name) ?? Hash(file),
            };
        }
        AtomicFile.WriteText(Path.Combine(folder, ChecksumsFile),
            sums.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        AtomicFile.WriteText(Path.Combine(folder, CompletedFile), "COMPLETED");
    }

    /// <summary>What is wrong with a checkpoint, or null.</summary>
    public static string? FindDamage(string folder)
    {
        if (!File.Exists(Path.Combine(folder, CompletedFile)))
            return "it was never completed";
        try
        {
            var sums = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, ChecksumsFile)))!.AsObject();
            var files = sums.Select(sum => (
                Name: sum.Key, Bytes: (long?)sum.Value!["bytes"], Sha256: (string?)sum.Value["sha256"])).ToList();
            var damages = new string?[files.Count];
            // Several files at once: hashing one keeps one core busy.
            Parallel.For(0, files.Count, i =>
                damages[i] = FindDamage(folder, files[i].Name, files[i].Bytes, files[i].Sha256));
            return damages.FirstOrDefault(damage => damage is not null);
        }
        catch (Exception error) when (
            error is JsonException or IOException or InvalidOperationException or NullReferenceException)
        {
            return $"{ChecksumsFile} cannot be read ({error.Message})";
        }
    }

    private static string? FindDamage(string folder, string name, long? bytes, string? sha256)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        if (!file.Exists)
            return $"{name} is missing";
        if (file.Length != bytes)
            return $"{name} has {file.Length} bytes instead of {bytes}";
        try
        {
            return Hash(file.FullName) != sha256 ? $"{name} is not what was written" : null;
        }
        catch (IOException error)
        {
            return $"{name} cannot be read ({error.Message})";
        }
    }

    private static string Hash(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
