using Caravan.Data.Json;

namespace Caravan.Data.Layouts;

/// <summary>Open Assistant's message trees: a conversation is a tree of one branch.</summary>
internal sealed class OasstLayout() : RecordLayout("oasst")
{
    public override void Append(JsonLine json, InstructionRecord record)
    {
        var messages = record.Messages;
        if (messages.Count == 0 || messages[0].Role != "user" || messages.Any(message => message.Role == "system"))
            throw DoesNotFit(record, Name, "a system message or a conversation that the assistant begins");
        json.Raw("{\"message_tree_id\": "u8).Text(record.Id)
            .Raw(", \"tree_state\": \"ready_for_export\", \"prompt\": "u8);
        for (var i = 0; i < messages.Count; i++)
        {
            json.Raw("{\"message_id\": "u8).Text($"{record.Id}_{i}").Raw(", \"parent_id\": "u8);
            if (i == 0)
                json.Raw("null"u8);
            else
                json.Text($"{record.Id}_{i - 1}");
            json.Raw(", \"text\": "u8).Text(messages[i].Content)
                .Raw(messages[i].Role == "user" ? ", \"role\": \"prompter\""u8 : ", \"role\": \"assistant\""u8)
                .Raw(", \"deleted\": false, \"labels\": {}, \"replies\": ["u8);
        }
        for (var i = 0; i < messages.Count; i++)
            json.Raw("]}"u8);
        json.Raw("}"u8);
    }
}
