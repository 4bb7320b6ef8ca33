using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>The index of a sharded model: which file holds which tensor.</summary>
internal sealed class WeightIndex
{
    private WeightIndex(string path, SortedDictionary<string, string> fileOf, long? totalSize)
    {
        Path = path;
        FileOf = fileOf;
        TotalSize = totalSize;
    }

    public string Path { get; }

    /// <summary>Tensor name to plain file name, sorted by name.</summary>
    public SortedDictionary<string, string> FileOf { get; }

    /// <summary>Sum of the tensors' bytes, where the index says it.</summary>
    public long? TotalSize { get; }

    /// <summary>The files in the order of their names.</summary>
    public IReadOnlyList<string> Files => [.. FileOf.Values.Distinct().Order(StringComparer.Ordinal)];

    public static WeightIndex Read(string path)
    {
        var json = JsonFile.Read(path);
        if (json["weight_map"] is not JsonObject map)
            throw new BadInputException($"{path}: 'weight_map' is missing or not an object. Fetch the index again.");
        var fileOf = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (tensor, value) in map)
        {
            if (value is not JsonValue scalar || !scalar.TryGetValue(out string? file))
                throw new BadInputException($"{path}: tensor '{tensor}': the file name is not a string.");
            if (!IsPlainName(file))
            {
                throw new BadInputException(
                    $"{path}: tensor '{tensor}': '{file}' is not a plain file name. An index may only name files " +
                    "beside it; do not use this model.");
            }
            fileOf.Add(tensor, file);
        }
        long? totalSize = json["metadata"] is JsonObject metadata && metadata["total_size"] is JsonValue total
            && total.TryGetValue(out long size) ? size : null;
        return new WeightIndex(path, fileOf, totalSize);
    }

    /// <summary>Writes an index as transformers does: keys sorted, indented by two.</summary>
    public static void Write(string path, IEnumerable<(string Tensor, string File)> files, long totalSize)
    {
        var map = new JsonObject();
        foreach (var (tensor, file) in files.OrderBy(pair => pair.Tensor, StringComparer.Ordinal))
            map.Add(tensor, file);
        JsonFile.Write(path, new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = totalSize },
            ["weight_map"] = map,
        });
    }

    private static bool IsPlainName(string name) =>
        name.Length > 0 && name is not ("." or "..") && !name.AsSpan().ContainsAny('/', '\\', '\0')
        && !name.Contains("..", StringComparison.Ordinal);
}
