using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// Open Assistant's flat table, a row a message: puts the message trees together by <c>parent_id</c>, in the form that
/// the file of trees has. A message whose parent is not in the table is skipped with all that hangs on it; the
/// published table is split by trees, so that should not occur there.
/// </summary>
internal static class MessageTable
{
    /// <summary>How deep the JSON of a tree may nest: two levels a reply.</summary>
    public const int DeepestNesting = 512;

    private const int LongestThread = DeepestNesting / 2 - 2;

    /// <summary>The trees in the order of their first messages, each with the row of its first message.</summary>
    public static IEnumerable<(RecordOrigin Origin, ReadOnlyMemory<byte> Json)> Trees(
        ConversionRun run, IReadOnlyList<string> locations)
    {
        var rows = run.Map<Row>(locations, null, (source, rows) => rows.Add(Read(source)), countsUnits: true).ToList();
        // Otherwise the replies of a message would stand under each of its namesakes.
        var names = new HashSet<string>();
        if (rows.Find(row => !names.Add(row.Id)) is { } twice)
            throw Fault(twice, "occurs twice.");
        var replies = rows.Where(row => row.Parent is not null).ToLookup(row => row.Parent!);
        var placed = 0;
        foreach (var root in rows.Where(row => row.Parent is null))
        {
            var json = new JsonLine(ascii: false);
            placed += Write(json, root, replies, depth: 1);
            yield return (root.Origin, json.Written.ToArray());
        }
        run.Tally.Read += rows.Count - placed;
        if (placed < rows.Count)
            run.Tally.Skip("parent_is_not_there", rows[0].Origin, rows.Count - placed);
    }

    private static Row Read(SourceRecord source)
    {
        var id = source.Text("message_id");
        source.Name = id;
        var role = source.Text("role");
        if (role is not ("prompter" or "assistant"))
        {
            throw source.Fault(RecordFault.UnknownRole,
                $"role: unknown role \"{role}\"; expected prompter or assistant.");
        }
        return new Row(
            id, source.OptionalText("parent_id"), source.Text("text"), role, source.OptionalText("lang"),
            SourceRecord.Find(source.Root, "deleted") is { ValueKind: JsonValueKind.True },
            Number(source.Root, "rank"), Quality(source), source.Origin);
    }

    // The labels are lists side by side of names, values and counts.
    private static double? Quality(SourceRecord source)
    {
        if (SourceRecord.Find(source.Root, "labels") is not { } labels ||
            SourceRecord.Find(labels, "name") is not { ValueKind: JsonValueKind.Array } names ||
            SourceRecord.Find(labels, "value") is not { ValueKind: JsonValueKind.Array } values)
        {
            return null;
        }
        foreach (var (name, value) in names.EnumerateArray().Zip(values.EnumerateArray()))
        {
            if (name.ValueKind == JsonValueKind.String && name.ValueEquals("quality"u8) &&
                value.ValueKind == JsonValueKind.Number)
            {
                return value.GetDouble();
            }
        }
        return null;
    }

    private static double? Number(JsonElement row, string key) =>
        SourceRecord.Find(row, key) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    // Writes a message with its replies and returns how many messages that are.
    private static int Write(JsonLine json, Row row, ILookup<string, Row> replies, int depth)
    {
        if (depth > LongestThread)
            throw Fault(row, $"the thread has more than {LongestThread} messages.");
        json.Raw("{\"message_id\": "u8).Text(row.Id).Raw(", \"text\": "u8).Text(row.Text)
            .Raw(", \"role\": "u8).Text(row.Role)
            .Raw(row.IsDeleted ? ", \"deleted\": true"u8 : ", \"deleted\": false"u8);
        if (row.Language is not null)
            json.Raw(", \"lang\": "u8).Text(row.Language);
        if (row.Rank is { } rank)
            json.Raw(", \"rank\": "u8).Raw(JsonSerializer.SerializeToUtf8Bytes(rank));
        if (row.Quality is { } quality)
        {
            json.Raw(", \"labels\": {\"quality\": {\"value\": "u8).Raw(JsonSerializer.SerializeToUtf8Bytes(quality))
                .Raw("}}"u8);
        }
        json.Raw(", \"replies\": ["u8);
        var (written, first) = (1, true);
        foreach (var reply in replies[row.Id])
        {
            if (!first)
                json.Raw(", "u8);
            first = false;
            written += Write(json, reply, replies, depth + 1);
        }
        json.Raw("]}"u8);
        return written;
    }

    private static RecordException Fault(Row row, string problem) =>
        new(RecordFault.NoMessages, row.Origin, $"message {row.Id}: {problem}", "oasst1", row.Id);

    private sealed record Row(
        string Id, string? Parent, string Text, string Role, string? Language, bool IsDeleted, double? Rank,
        double? Quality, RecordOrigin Origin);
}
