using System.Text.Json;
using Caravan.Data.Json;
using Caravan.Text;

namespace Caravan.Data;

/// <summary>
/// Turns one JSON object into an <see cref="InstructionRecord"/>. Four layouts are accepted, looked for in this order:
/// <c>prompt</c> + <c>completion</c>; <c>messages</c>; <c>conversations</c> of <c>from</c> and <c>value</c>
/// (ShareGPT's); <c>instruction</c>, optional <c>input</c> or <c>context</c>, and <c>output</c> or <c>response</c>
/// (Alpaca's and Dolly's). The last becomes a user message of the instruction, a blank line and the input, the input's
/// part left out when it is missing, null or blank.
/// </summary>
internal static class InstructionParser
{
    /// <param name="separatesInput">Make of an instruction with an input a system message and a user message, which is
    /// how the templates of Alpaca and OpenAlpaca take them.</param>
    /// <exception cref="RecordException">E02–E06, see <see cref="RecordFault"/>.</exception>
    public static InstructionRecord Parse(JsonElement root, RawRecord raw, bool separatesInput = false)
    {
        var dataset = Name(root, "dataset", raw.Origin) ?? FileStem(raw.Origin.Path);
        var id = Id(root, raw);
        var fields = new JsonFields(root, raw.Origin, dataset, id);
        return new InstructionRecord(dataset, id, Messages(root, fields, separatesInput))
        {
            Origin = raw.Origin,
            OtherKeys = IsCompletion(root) || !root.TryGetProperty("messages", out _)
                ? null : OtherKeys.Of(root, "dataset", "id", "messages"),
        };
    }

    /// <summary>The record's id, or if it has none the name of its file and its 0-based position there.</summary>
    /// <exception cref="RecordException">E06: it is no string.</exception>
    public static string Id(JsonElement root, RawRecord raw) =>
        Name(root, "id", raw.Origin) ?? $"{FileStem(raw.Origin.Path)}_{raw.Index}";

    /// <summary>Whether the record is a prompt and its completion.</summary>
    public static bool IsCompletion(JsonElement root) =>
        root.TryGetProperty("prompt", out _) && root.TryGetProperty("completion", out _);

    private static List<ChatMessage> Messages(JsonElement root, JsonFields fields, bool separatesInput)
    {
        if (IsCompletion(root))
            return Pair(fields.Text("prompt"), fields.Text("completion"));
        if (root.TryGetProperty("messages", out var messages))
            return Conversation(messages, "messages", fields, Message);
        if (root.TryGetProperty("conversations", out var conversations))
            return Conversation(conversations, "conversations", fields, Turn);
        if (root.TryGetProperty("instruction", out _))
            return Alpaca(root, fields, separatesInput);
        var columns = string.Join(", ", root.EnumerateObject().Select(property => property.Name));
        throw fields.Fault(RecordFault.NoMessages,
            "messages: missing. Expected the columns messages, or conversations, or prompt and completion, or " +
            $"instruction and output; found {(columns.Length == 0 ? "none" : columns)}.");
    }

    private static List<ChatMessage> Pair(string user, string assistant) =>
        [new("user", user), new("assistant", assistant)];

    private static List<ChatMessage> Alpaca(JsonElement root, JsonFields fields, bool separatesInput)
    {
        var hasOutput = root.TryGetProperty("output", out _);
        var answer = !hasOutput && root.TryGetProperty("response", out _) ? "response" : "output";
        var instruction = fields.Text("instruction");
        var input = fields.OptionalText("input") ?? fields.OptionalText("context");
        if (separatesInput && !string.IsNullOrEmpty(input))
            return [new("system", instruction), .. Pair(input, fields.Text(answer))];
        return Pair(string.IsNullOrWhiteSpace(input) ? instruction : $"{instruction}\n\n{input}", fields.Text(answer));
    }

    private static List<ChatMessage> Conversation(
        JsonElement messages, string key, JsonFields fields, Func<JsonElement, JsonFields, string, ChatMessage> one)
    {
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            var found = messages.ValueKind == JsonValueKind.Array ? "an empty one" : JsonText.Kind(messages);
            throw fields.Fault(RecordFault.NoMessages, $"{key}: expected an array of messages, found {found}.");
        }
        var conversation = new List<ChatMessage>(messages.GetArrayLength());
        foreach (var message in messages.EnumerateArray())
            conversation.Add(one(message, fields, $"{key}[{conversation.Count}]"));
        if (!conversation.Exists(message => message.Role == "assistant"))
        {
            throw fields.Fault(RecordFault.NoAssistant,
                $"{key}: no message of the role assistant, so there is nothing to train on.");
        }
        return conversation;
    }

    /// <summary>The messages of an array; <paramref name="key"/> is what to call it in an error.</summary>
    public static List<ChatMessage> Messages(JsonElement array, string key, JsonFields fields)
    {
        var messages = new List<ChatMessage>(array.GetArrayLength());
        foreach (var message in array.EnumerateArray())
            messages.Add(Message(message, fields, $"{key}[{messages.Count}]"));
        return messages;
    }

    private static ChatMessage Message(JsonElement message, JsonFields fields, string name)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw fields.Fault(RecordFault.UnknownRole,
                $"{name}: expected an object with role and content, found {JsonText.Kind(message)}.");
        }
        var isRole = message.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String;
        var text = isRole ? JsonText.Read(role, out _) : null;
        if (text is not ("system" or "user" or "assistant"))
        {
            var found = isRole ? $"unknown role \"{text}\"" : $"found {JsonText.Kind(role)}";
            throw fields.Fault(RecordFault.UnknownRole, $"{name}.role: {found}; expected system, user or assistant.");
        }
        return new ChatMessage(text, fields.Text(message, "content", name + "."));
    }

    private static ChatMessage Turn(JsonElement turn, JsonFields fields, string name)
    {
        if (turn.ValueKind != JsonValueKind.Object)
        {
            throw fields.Fault(RecordFault.UnknownRole,
                $"{name}: expected an object with from and value, found {JsonText.Kind(turn)}.");
        }
        var role = fields.Text(turn, "from", name + ".") switch
        {
            "human" or "user" => "user",
            "gpt" or "chatgpt" or "assistant" => "assistant",
            "system" => "system",
            var other => throw fields.Fault(RecordFault.UnknownRole,
                $"{name}.from: unknown sender \"{other}\"; expected system, human, user, gpt, chatgpt or assistant."),
        };
        return new ChatMessage(role, fields.Text(turn, "value", name + "."));
    }

    private static string? Name(JsonElement root, string key, RecordOrigin origin)
    {
        if (!root.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (value.ValueKind == JsonValueKind.Number)
            return value.GetRawText();
        if (value.ValueKind == JsonValueKind.String && JsonText.Read(value, out _) is { Length: > 0 } name)
            return name;
        var found = value.ValueKind == JsonValueKind.String ? "an empty one" : JsonText.Kind(value);
        throw new RecordException(RecordFault.NoName, origin, $"{key}: expected a string, found {found}.");
    }

    /// <summary>The file's name up to its first dot.</summary>
    public static string FileStem(string path)
    {
        var name = Path.GetFileName(path);
        var dot = name.IndexOf('.', Math.Min(1, name.Length));
        return dot < 0 ? name : name[..dot];
    }
}
