namespace Caravan.Text;

/// <summary>
/// A layout in which every message is a header, its content and an end mark, whatever stands around it. Loss lies on
/// the content and the end mark of assistant turns, up to where the next header starts.
/// </summary>
/// <param name="header">What opens a turn of a role; null for a role that the layout does not have.</param>
/// <param name="endMark">What closes a turn; the end-of-sequence token is put in for <c>{eos}</c>.</param>
/// <param name="afterTurn">What stands between a turn and the next, not learned.</param>
/// <param name="opening">What opens the conversation; the beginning-of-sequence token is left to the tokenizer.</param>
internal sealed class TurnTemplate(
    string name,
    Func<string, string?> header,
    Func<string, string> endMark,
    string afterTurn,
    string opening,
    bool trims,
    string jinja) : ChatTemplate
{
    public override string Name => name;

    public override string JinjaSource => jinja;

    public override RenderedChat Render(
        IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt = false)
    {
        RequireMessages(messages);
        var chat = new ChatBuilder().Given(opening);
        foreach (var message in messages)
        {
            var content = trims ? message.Content.Trim() : message.Content;
            chat.Given(header(message.Role) ?? throw UnknownRole(message));
            var closed = content + End(message.Role, tokenizer);
            _ = message.Role == "assistant" ? chat.Learned(closed) : chat.Given(closed);
            chat.Given(afterTurn);
        }
        if (addGenerationPrompt)
            chat.Given(header("assistant")!);
        return chat.Build();
    }

    private string End(string role, Tokenizer tokenizer)
    {
        var mark = endMark(role);
        return mark.Contains("{eos}") ? mark.Replace("{eos}", EndOfSequence(tokenizer)) : mark;
    }
}
