using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;

namespace Caravan.Data.Filters;

/// <summary>
/// Keeps WildChat's records that are neither <c>toxic</c> nor <c>redacted</c> and whose <c>language</c> is English, in
/// any case, as open-instruct's clean-up does. A record that does not say its language is rejected.
/// </summary>
public static class WildChatFilter
{
    /// <summary>True for a record that goes.</summary>
    public static bool Rejects(InstructionRecord record)
    {
        using var members = OtherKeys.Parse(record.OtherKeys);
        return IsTrue(members.RootElement, "toxic") || IsTrue(members.RootElement, "redacted") ||
            !"english".Equals(OtherKeys.Text(members.RootElement, "language"), StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsTrue(JsonElement members, string key) =>
        SourceRecord.Find(members, key) is { ValueKind: JsonValueKind.True };
}
