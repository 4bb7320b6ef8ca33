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

    public static void Write(string folder)
    {
        var sums = new JsonObject();
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal))
        {
            sums[Path.GetRelativePath(folder, file)] = new JsonObject
            {
                ["bytes"] = new FileInfo(file).Length,
                ["sha256"] = Hash(file),
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
            foreach (var (name, sum) in sums)
            {
                var file = Path.Combine(folder, name);
                if (!File.Exists(file))
                    return $"{name} is missing";
                if (new FileInfo(file).Length != (long?)sum!["bytes"])
                    return $"{name} has {new FileInfo(file).Length} bytes instead of {sum["bytes"]}";
                if (Hash(file) != (string?)sum["sha256"])
                    return $"{name} is not what was written";
            }
            return null;
        }
        catch (Exception error) when (
            error is JsonException or IOException or InvalidOperationException or NullReferenceException)
        {
            return $"{ChecksumsFile} cannot be read ({error.Message})";
        }
    }

    private static string Hash(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
