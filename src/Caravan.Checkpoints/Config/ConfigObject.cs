using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// An object of a JSON configuration, read by key with the type that the reader expects. A value of another type is an
/// error that names file, key, found and expected type. A key that is absent or null takes the reader's default. Keys
/// that nobody reads are kept when the file is written.
/// </summary>
public class ConfigObject
{
    private readonly string _prefix;

    internal ConfigObject(string path, string prefix, JsonObject json)
    {
        Path = path;
        _prefix = prefix;
        Json = json;
    }

    /// <summary>The file, for messages; empty for a configuration made in memory.</summary>
    public string Path { get; }

    internal JsonObject Json { get; }

    public IEnumerable<string> Keys => Json.Select(pair => pair.Key);

    /// <summary>Whether the key has a value other than null.</summary>
    public bool Has(string key) => Json[key] is not null;

    /// <exception cref="BadInputException">Absent, or not a 32-bit integer.</exception>
    public int GetInt(string key) => FindInt(key) ?? throw Missing(key, "an integer");

    public int GetInt(string key, int defaultValue) => FindInt(key) ?? defaultValue;

    /// <exception cref="BadInputException">Absent, or not a number.</exception>
    public double GetDouble(string key) => FindDouble(key) ?? throw Missing(key, "a number");

    public double GetDouble(string key, double defaultValue) => FindDouble(key) ?? defaultValue;

    /// <exception cref="BadInputException">Absent, or neither true nor false.</exception>
    public bool GetBool(string key) => FindBool(key) ?? throw Missing(key, "true or false");

    public bool GetBool(string key, bool defaultValue) => FindBool(key) ?? defaultValue;

    /// <exception cref="BadInputException">Absent, or not a string.</exception>
    public string GetString(string key) => FindString(key) ?? throw Missing(key, "a string");

    public string GetString(string key, string defaultValue) => FindString(key) ?? defaultValue;

    /// <summary>The integer, or null if the key is absent or null. 7.0 counts as 7, as some writers give it.</summary>
    public int? FindInt(string key)
    {
        if (Json[key] is not { } node)
            return null;
        if (Number(node) is not { } number)
            throw WrongType(key, "an integer", node);
        if (number != Math.Floor(number))
            throw WrongType(key, "an integer", node);
        return number is >= int.MinValue and <= int.MaxValue
            ? (int)number
            : throw new BadInputException(
                $"{Path}: '{_prefix}{key}' is {node.ToJsonString()}, outside the range of 32 bits.");
    }

    public double? FindDouble(string key) =>
        Json[key] is { } node ? Number(node) ?? throw WrongType(key, "a number", node) : null;

    public bool? FindBool(string key) => Json[key] is not { } node ? null : node.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw WrongType(key, "true or false", node),
    };

    public string? FindString(string key) => Json[key] is not { } node ? null :
        node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : throw WrongType(key, "a string", node);

    /// <summary>A nested object such as <c>rope_scaling</c>, or null. Changes to it change this one.</summary>
    public ConfigObject? FindObject(string key) => Json[key] switch
    {
        null => null,
        JsonObject nested => new ConfigObject(Path, $"{_prefix}{key}.", nested),
        var node => throw WrongType(key, "an object", node),
    };

    /// <summary>A list of integers, or a single integer as a list of one; empty if the key is absent or null.</summary>
    public IReadOnlyList<int> GetInts(string key)
    {
        if (Json[key] is not JsonArray array)
            return FindInt(key) is { } single ? [single] : [];
        return [.. array.Select(item => item is not null && Number(item) is { } number && number == Math.Floor(number)
            && number is >= int.MinValue and <= int.MaxValue ? (int)number
            : throw WrongType(key, "a list of integers", array))];
    }

    /// <summary>A list of strings, or a single string as a list of one; empty if the key is absent or null.</summary>
    public IReadOnlyList<string> GetStrings(string key)
    {
        if (Json[key] is not JsonArray array)
            return FindString(key) is { } single ? [single] : [];
        return [.. array.Select(item => item?.GetValueKind() == JsonValueKind.String ? item.GetValue<string>()
            : throw WrongType(key, "a list of strings", array))];
    }

    public void Set(string key, int value) => Json[key] = value;

    public void Set(string key, double value) => Json[key] = value;

    public void Set(string key, bool value) => Json[key] = value;

    /// <summary>Sets a string, or null.</summary>
    public void Set(string key, string? value) => Json[key] = value;

    public void Set(string key, IEnumerable<int> values) =>
        Json[key] = new JsonArray([.. values.Select(value => (JsonNode)value)]);

    public void Set(string key, IEnumerable<string> values) =>
        Json[key] = new JsonArray([.. values.Select(value => (JsonNode)value)]);

    /// <summary>Sets a nested object of strings.</summary>
    public void SetMap(string key, IEnumerable<(string Key, string Value)> pairs) =>
        Json[key] = new JsonObject(pairs.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    /// <summary>Sets a nested object of integers.</summary>
    public void SetMap(string key, IEnumerable<(string Key, int Value)> pairs) =>
        Json[key] = new JsonObject(pairs.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    public void Remove(string key) => Json.Remove(key);

    /// <summary>The error for a value that has the right type but cannot be used.</summary>
    public BadInputException Bad(string key, string expected) =>
        new($"{Path}: '{_prefix}{key}' is {Excerpt(Json[key])}; expected {expected}.");

    private static double? Number(JsonNode node) =>
        node.GetValueKind() == JsonValueKind.Number
        && double.TryParse(node.ToJsonString(), out var number) && double.IsFinite(number) ? number : null;

    private BadInputException Missing(string key, string expected) =>
        new($"{Path}: '{_prefix}{key}' is missing; expected {expected}. Check that this is the model's own file.");

    private BadInputException WrongType(string key, string expected, JsonNode found)
    {
        var kind = found.GetValueKind() switch
        {
            JsonValueKind.String => "the string ",
            JsonValueKind.Number => "the number ",
            JsonValueKind.Array => "the list ",
            JsonValueKind.Object => "the object ",
            _ => "",
        };
        return new BadInputException($"{Path}: '{_prefix}{key}' is {kind}{Excerpt(found)}; expected {expected}.");
    }

    private static string Excerpt(JsonNode? node)
    {
        var text = node?.ToJsonString() ?? "null";
        return text.Length <= 60 ? text : text[..57] + "...";
    }
}
