using System.Text.Json;

namespace Caravan.Data.Json;

/// <summary>
/// Typed access to a record's fields; what is not as expected becomes an error that names the record.
/// </summary>
internal readonly record struct JsonFields(JsonElement Root, RecordOrigin Origin, string? Dataset, string? Id)
{
    /// <summary>A string that must be there.</summary>
    public string Text(string key) => Text(Root, key, "");

    /// <summary>A string that must be there, in an object at <paramref name="prefix"/> of the record.</summary>
    public string Text(JsonElement parent, string key, string prefix)
    {
        var there = parent.TryGetProperty(key, out var value);
        if (value.ValueKind == JsonValueKind.String)
            return JsonText.Read(value, out _);
        var found = there ? $"expected a string, found {JsonText.Kind(value)}." : "missing.";
        throw Fault(RecordFault.NoContent, $"{prefix}{key}: {found}");
    }

    /// <summary>A string that may be missing or null.</summary>
    public string? OptionalText(string key) =>
        !Root.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null ? null : Text(key);

    public RecordException Fault(string code, string problem) => new(code, Origin, problem, Dataset, Id);
}
