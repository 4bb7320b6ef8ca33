using Caravan.Data.Json;

namespace Caravan.Data.Filters;

/// <summary>
/// Rejects records that come from certain sources, by their member <c>source</c>, the whole of it in the same case. A
/// record that does not say its source stays.
/// </summary>
public static class SourceFilter
{
    /// <summary>The name under which recipes and books know it.</summary>
    public const string Name = "sources";

    /// <summary>The filter against these sources.</summary>
    public static RecordFilter Against(IReadOnlyCollection<string> sources) => new(Name, record =>
    {
        using var members = OtherKeys.Parse(record.OtherKeys);
        return OtherKeys.Text(members.RootElement, "source") is { } source && sources.Contains(source);
    });
}
