namespace Caravan.Text;

/// <summary>
/// The layout of Tülu 1 and 2. Content is trimmed; a line feed follows every message except at the very end of a
/// training example. Loss lies on assistant content, its end-of-sequence token, and the line feed that leads to the
/// next turn. In a conversation that begins with the assistant the first header carries loss, too: the original
/// masks the text of the other roles and what leads to an answer behind them, and nothing else.
/// </summary>
internal sealed class TuluTemplate : ChatTemplate
{
    private const string AssistantHeader = "<|assistant|>\n";

    public override string Name => "tulu";

    public override string JinjaSource =>
        "{% for message in messages %}"
        + "{% set line_feed = '\\n' if not loop.last or add_generation_prompt else '' %}"
        + "{% if message['role'] in ['system', 'user'] %}"
        + "{{ '<|' + message['role'] + '|>\\n' + message['content'] | trim + line_feed }}"
        + "{% elif message['role'] == 'assistant' %}{{ '<|assistant|>\\n' }}"
        + "{% generation %}{{ message['content'] | trim + eos_token + line_feed }}{% endgeneration %}"
        + "{% else %}{{ raise_exception('The chat template \"tulu\" has no role ' + message['role']) }}{% endif %}"
        + "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}";

    public override RenderedChat Render(
        IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt = false)
    {
        RequireMessages(messages);
        var end = EndOfSequence(tokenizer);
        var chat = new ChatBuilder();
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            var content = message.Content.Trim();
            switch (message.Role)
            {
                case "system" or "user":
                    chat.Given($"<|{message.Role}|>\n{content}\n");
                    break;
                case "assistant" when i > 0 && messages[i - 1].Role != "assistant":
                    chat.Given(AssistantHeader).Learned($"{content}{end}\n");
                    break;
                case "assistant":
                    chat.Learned($"{AssistantHeader}{content}{end}\n");
                    break;
                default:
                    throw UnknownRole(message);
            }
        }
        return addGenerationPrompt ? chat.Given(AssistantHeader).Build() : chat.Build(trimEnd: true);
    }
}
