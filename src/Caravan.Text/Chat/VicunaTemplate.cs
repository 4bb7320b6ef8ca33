namespace Caravan.Text;

/// <summary>
/// Vicuna 1.1: a system prompt, then <c>USER: … ASSISTANT: …</c> on one line, an end-of-sequence token behind every
/// answer.
/// </summary>
internal sealed class VicunaTemplate : ChatTemplate
{
    private const string DefaultSystem =
        "A chat between a curious user and an artificial intelligence assistant. " +
        "The assistant gives helpful, detailed, and polite answers to the user's questions.";

    public override string Name => "vicuna";

    public override string JinjaSource =>
        "{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] %}{% set rest = messages[1:] %}"
        + $"{{% else %}}{{% set system = \"{DefaultSystem}\" %}}{{% set rest = messages %}}{{% endif %}}"
        + "{{ system }}"
        + "{% for message in rest %}{% if message['role'] == 'user' %}{{ ' USER: ' + message['content'] | trim }}"
        + "{% elif message['role'] == 'assistant' %}{{ ' ASSISTANT:' }}"
        + "{% generation %}{{ ' ' + message['content'] | trim + eos_token }}{% endgeneration %}"
        + "{% else %}{{ raise_exception('The chat template \"vicuna\" has no role ' + message['role'] + ' here') }}"
        + "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ ' ASSISTANT:' }}{% endif %}";

    public override RenderedChat Render(
        IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt = false)
    {
        RequireMessages(messages);
        var end = EndOfSequence(tokenizer);
        var hasSystem = messages[0].Role == "system";
        var chat = new ChatBuilder().Given(hasSystem ? messages[0].Content : DefaultSystem);
        foreach (var message in messages.Skip(hasSystem ? 1 : 0))
        {
            _ = message.Role switch
            {
                "user" => chat.Given($" USER: {message.Content.Trim()}"),
                "assistant" => chat.Given(" ASSISTANT:").Learned($" {message.Content.Trim()}{end}"),
                _ => throw UnknownRole(message),
            };
        }
        return addGenerationPrompt ? chat.Given(" ASSISTANT:").Build() : chat.Build();
    }
}
