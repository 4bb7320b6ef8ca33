using System.Text.Json;
using Caravan.Data.Json;

namespace Caravan.Data.Conversion;

/// <summary>
/// One raw record on its way through a converter: typed access to its fields, with errors that name the record, and the
/// books to enter what happens to it.
/// </summary>
public sealed record SourceRecord
{
    /// <summary>The raw object.</summary>
    public required JsonElement Root { get; init; }

    public required RecordOrigin Origin { get; init; }

    /// <summary>0-based position among the records that were chosen, over all files.</summary>
    public required long Ordinal { get; init; }

    public required string Dataset { get; init; }

    public required Tally Tally { get; init; }

    /// <summary>The record's own name, once the converter knows it, for error messages.</summary>
    public string? Name { get; set; }

    /// <summary>A text that must be there. Numbers are taken as text and counted.</summary>
    public string Text(string key) => Text(Root, key, key);

    /// <summary>A text that may be missing or null.</summary>
    public string? OptionalText(string key) => OptionalText(Root, key, key);

    public string? OptionalText(JsonElement parent, string key, string path) =>
        Find(parent, key) is { } value ? Text(value, path) : null;

    /// <summary>A nested value, or null if it is missing or null.</summary>
    public static JsonElement? Find(JsonElement parent, string key) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value) &&
        value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text in a nested object; <paramref name="path"/> is what to call it in an error.</summary>
    public string Text(JsonElement parent, string key, string path)
    {
        JsonElement value = default;
        var there = parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out value);
        return there ? Text(value, path) : throw Fault(RecordFault.NoContent, $"{path}: missing.");
    }

    /// <summary>The text of a value.</summary>
    public string Text(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            Tally.Normalise("number_as_text", Origin);
            return value.GetRawText();
        }
        if (value.ValueKind != JsonValueKind.String)
            throw Fault(RecordFault.NoContent, $"{path}: expected a string, found {JsonText.Kind(value)}.");
        var text = JsonText.Read(value, out var loneSurrogates);
        if (loneSurrogates > 0)
        {
            Tally.Normalise("lone_surrogate", Origin, loneSurrogates);
            Tally.Warn(RecordWarning.ChangedText, Origin);
        }
        if (!text.Contains('\0'))
            return text;
        Tally.Normalise("nul", Origin);
        Tally.Warn(RecordWarning.ChangedText, Origin);
        return text.Replace('\0', '\uFFFD');
    }

    /// <summary>An array that must be there.</summary>
    public JsonElement Array(string key) => Array(Root, key, key);

    public JsonElement Array(JsonElement parent, string key, string path)
    {
        if (parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value))
        {
            return value.ValueKind == JsonValueKind.Array
                ? value
                : throw Fault(RecordFault.NoMessages, $"{path}: expected an array, found {JsonText.Kind(value)}.");
        }
        throw Fault(RecordFault.NoMessages, $"{path}: missing.");
    }

    /// <summary>Enters that this unit is left out.</summary>
    public void Skip(string reason, long units = 1) => Tally.Skip(reason, Origin, units);

    public RecordException Fault(string code, string problem) => new(code, Origin, problem, Dataset, Name);
}
