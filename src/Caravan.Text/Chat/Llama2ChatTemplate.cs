using Caravan.Files;

namespace Caravan.Text;

/// <summary>
/// Llama-2-chat: <c>[INST] … [/INST] answer</c>; the system message stands inside the first instruction, and every
/// further instruction begins with a beginning-of-sequence token. User and assistant take turns.
/// </summary>
internal sealed class Llama2ChatTemplate : ChatTemplate
{
    public override string Name => "llama-2-chat";

    public override string JinjaSource =>
        "{% if messages[0]['role'] == 'system' %}"
        + "{% set system = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}{% set rest = messages[1:] %}"
        + "{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}"
        + "{% for message in rest %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        + "{{ raise_exception('The chat template \"llama-2-chat\" wants user and assistant to take turns') }}"
        + "{% endif %}"
        + "{% if message['role'] == 'user' %}"
        + "{{ bos_token + '[INST] ' + ((system if loop.first else '') + message['content']) | trim + ' [/INST]' }}"
        + "{% else %}{% generation %}{{ ' ' + message['content'] | trim + ' ' + eos_token }}{% endgeneration %}"
        + "{% endif %}{% endfor %}";

    public override RenderedChat Render(
        IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt = false)
    {
        RequireMessages(messages);
        var end = EndOfSequence(tokenizer);
        var system = messages[0].Role == "system" ? $"<<SYS>>\n{messages[0].Content}\n<</SYS>>\n\n" : "";
        var chat = new ChatBuilder();
        var turns = messages.Skip(system.Length > 0 ? 1 : 0).ToList();
        for (var i = 0; i < turns.Count; i++)
        {
            if (turns[i].Role is not ("user" or "assistant"))
                throw UnknownRole(turns[i]);
            if (turns[i].Role == "user" != (i % 2 == 0))
            {
                throw new BadInputException(
                    $"The chat template \"{Name}\" wants user and assistant to take turns, and message {i + 1} " +
                    $"(without the system message) is of role \"{turns[i].Role}\".");
            }
            // The tokenizer puts the first beginning-of-sequence token there itself.
            var opening = i == 0 ? "" : tokenizer.BosToken;
            var first = i == 0 ? system : "";
            _ = i % 2 == 0
                ? chat.Given($"{opening}[INST] {(first + turns[i].Content).Trim()} [/INST]")
                : chat.Learned($" {turns[i].Content.Trim()} {end}");
        }
        return chat.Build();
    }
}
