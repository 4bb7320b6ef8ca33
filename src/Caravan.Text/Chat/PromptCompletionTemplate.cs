namespace Caravan.Text;

/// <summary>
/// open-instruct's layout of records with <c>prompt</c> and <c>completion</c>: no headers, the prompt as it is, the
/// completion and an end of sequence. Where neither the prompt ends in white space nor the completion begins with it, a
/// space goes between them and is learned. Further turns follow on with nothing between.
/// </summary>
internal sealed class PromptCompletionTemplate : ChatTemplate
{
    public override string Name => "prompt-completion";

    public override string JinjaSource =>
        "{% for message in messages %}{% if message['role'] == 'assistant' %}"
        + "{% set before = messages[loop.index0 - 1]['content'][-1:] if not loop.first else '\\n' %}"
        + "{% generation %}{{ ' ' if before not in [' ', '\\n', '\\t'] "
        + "and message['content'][:1] not in [' ', '\\n', '\\t'] else '' }}"
        + "{{ message['content'] + eos_token }}{% endgeneration %}"
        + "{% elif message['role'] in ['system', 'user'] %}{{ message['content'] }}"
        + "{% else %}{{ raise_exception('The chat template \"prompt-completion\" has no role ' + message['role']) }}"
        + "{% endif %}{% endfor %}";

    public override RenderedChat Render(
        IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt = false)
    {
        RequireMessages(messages);
        var end = EndOfSequence(tokenizer);
        var chat = new ChatBuilder();
        for (var i = 0; i < messages.Count; i++)
        {
            var (role, content) = (messages[i].Role, messages[i].Content);
            if (role is not ("system" or "user" or "assistant"))
                throw UnknownRole(messages[i]);
            var isApart = i == 0 || content is [' ' or '\n' or '\t', ..]
                || messages[i - 1].Content is [.., ' ' or '\n' or '\t'];
            _ = role == "assistant" ? chat.Learned((isApart ? "" : " ") + content + end) : chat.Given(content);
        }
        return chat.Build();
    }
}
