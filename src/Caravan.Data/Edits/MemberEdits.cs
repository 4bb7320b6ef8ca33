using Caravan.Data.Json;

namespace Caravan.Data.Edits;

/// <summary>Changes to what records have besides dataset, id and messages.</summary>
public static class MemberEdits
{
    /// <summary>Leaves members out, if they are there.</summary>
    public static RecordEdit Drop(params string[] keys) =>
        new("drop_keys", record => With(record, Without(record, keys)));

    /// <summary>States where the record comes from in its member <c>source</c>, in place of what was there.</summary>
    public static RecordEdit Source(string source) => new("source", record =>
    {
        var (stated, others) = (OtherKeys.Text("source", source), Without(record, "source"));
        return With(record, others is null ? stated : $"{others}, {stated}");
    });

    private static string? Without(InstructionRecord record, params string[] keys)
    {
        using var members = OtherKeys.Parse(record.OtherKeys);
        return OtherKeys.Of(members.RootElement, keys);
    }

    private static InstructionRecord With(InstructionRecord record, string? others) =>
        others == record.OtherKeys ? record : record with { OtherKeys = others };
}
