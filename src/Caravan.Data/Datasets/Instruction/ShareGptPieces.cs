using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Text;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// ShareGPT as it was published after the split: every conversation is a piece already, which is taken whole. Pieces
/// with a system message or one of Bing's are left out, and any other sender is an error, as in the reference.
/// </summary>
internal static class ShareGptPieces
{
    /// <summary>
    /// The files that may hold pieces of at most so many tokens; the oldest scripts wrote 2,048 and did not say so.
    /// </summary>
    public static string[] Names(int maxLength) =>
    [
        $"sharegpt_html_cleaned_and_split_{maxLength}.json",
        .. maxLength == 2048 ? ["sharegpt_html_cleaned_and_split.json"] : Array.Empty<string>(),
    ];

    /// <summary>Adds the piece of a raw record, or enters why it is left out; messages are counted.</summary>
    public static void Add(SourceRecord source, RecordBatch records, string slug)
    {
        var id = source.Text("id");
        source.Name = id;
        JsonElement[] turns = [.. source.Array("conversations").EnumerateArray()];
        var senders = turns.Select((turn, i) => source.Text(turn, "from", $"conversations[{i}].from")).ToList();
        source.Tally.Read += turns.Length;
        if (turns.Length == 0)
            source.Tally.Warn("empty_conversation", source.Origin);
        else if (turns.Any(turn => SourceRecord.Find(turn, "value") is not { ValueKind: JsonValueKind.String }))
            source.Skip("value_is_no_text", turns.Length);
        else if (senders.Find(sender => sender is "system" or "bing") is { } sender)
            source.Skip($"sender_{sender}", turns.Length);
        else
        {
            var messages = turns.Select((turn, i) => new ChatMessage(
                Role(source, senders[i], i), source.Text(turn, "value", $"conversations[{i}].value"))).ToArray();
            records.Add(new InstructionRecord(slug, id, messages) { Origin = source.Origin });
            source.Tally.Kept += turns.Length;
        }
    }

    private static string Role(SourceRecord source, string sender, int turn) => sender switch
    {
        "human" or "user" => "user",
        "gpt" or "chatgpt" => "assistant",
        _ => throw source.Fault(RecordFault.UnknownRole,
            $"conversations[{turn}].from: unknown sender \"{sender}\"; expected human, user, gpt or chatgpt."),
    };
}
