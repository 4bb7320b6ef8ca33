using System.Globalization;
using System.Text;
using System.Text.Json;
using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data.Json;

/// <summary>
/// The members of a record that nothing here reads, as <c>"key": value, …</c>: they go through with it, so that a file
/// that was cleaned or mixed has lost nothing.
/// </summary>
internal static class OtherKeys
{
    /// <summary>An object's members without the known ones, of a repeated key the last; null for none.</summary>
    public static string? Of(JsonElement root, params ReadOnlySpan<string> known)
    {
        OrderedDictionary<string, JsonElement>? others = null;
        foreach (var member in root.EnumerateObject())
        {
            if (!IsOneOf(member, known))
                (others ??= [])[JsonText.Name(member)] = member.Value;
        }
        if (others is null)
            return null;
        var json = new JsonLine(ascii: false);
        foreach (var (key, value) in others)
            json.Raw(json.Length > 0 ? ", "u8 : default).Text(key).Raw(": "u8).Value(value);
        return Encoding.UTF8.GetString(json.Written);
    }

    /// <summary>The members as an object again, to look at; the caller disposes it.</summary>
    public static JsonDocument Parse(string? members) => JsonRecord.ParseMembers("{" + members + "}");

    /// <summary>The text of a member, or null if it is missing or anything else.</summary>
    public static string? Text(JsonElement members, string key) =>
        members.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? JsonText.Read(value, out _) : null;

    /// <summary>One member with a text.</summary>
    public static string Text(string key, string text) => Encoding.UTF8.GetString(
        new JsonLine(ascii: false).Text(key).Raw(": "u8).Text(text).Written);

    /// <summary>One member with a conversation.</summary>
    public static string Messages(string key, IReadOnlyList<ChatMessage> messages)
    {
        var json = new JsonLine(ascii: false).Text(key).Raw(": ["u8);
        PreferenceFile.Append(json, messages);
        return Encoding.UTF8.GetString(json.Raw("]"u8).Written);
    }

    /// <summary>One member with a number.</summary>
    public static string Number(string key, double value) => $"\"{key}\": {Plain(value)}";

    /// <summary>One member with a list of numbers.</summary>
    public static string Numbers(string key, IEnumerable<double> values) =>
        $"\"{key}\": [{string.Join(", ", values.Select(Plain))}]";

    // JSON has no other numbers than finite ones.
    private static string Plain(double value) =>
        double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "null";

    private static bool IsOneOf(JsonProperty member, ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (member.NameEquals(name))
                return true;
        }
        return false;
    }
}
