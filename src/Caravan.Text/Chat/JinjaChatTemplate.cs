using Caravan.Files;
using Caravan.Text.Jinja;

namespace Caravan.Text;

/// <summary>
/// A chat template in Jinja. Loss lies on what stands in <c>generation</c> blocks; a template without any, as most
/// published ones are, is asked for the text before and behind each assistant message instead.
/// </summary>
internal sealed class JinjaChatTemplate(string name, string source) : ChatTemplate
{
    private readonly JinjaTemplate _template = JinjaTemplate.Parse(source);

    public override string Name => name;

    public override string JinjaSource => source;

    public override RenderedChat Render(
        IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt = false)
    {
        RequireMessages(messages);
        var chat = Run(messages, tokenizer, addGenerationPrompt);
        if (addGenerationPrompt || chat.LossSpans.Count > 0)
            return chat;
        return chat with { LossSpans = Spans(chat.Text, messages, tokenizer) };
    }

    /// <summary>An assistant's span: from where the prompt before it ends to where the text up to it ends.</summary>
    private List<CharSpan> Spans(string text, IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer)
    {
        var spans = new List<CharSpan>();
        for (var i = 0; i < messages.Count; i++)
        {
            if (messages[i].Role != "assistant" || i == 0)
                continue;
            var before = Run([.. messages.Take(i)], tokenizer, addGenerationPrompt: true).Text;
            var through = i + 1 == messages.Count
                ? text
                : Run([.. messages.Take(i + 1)], tokenizer, addGenerationPrompt: false).Text;
            if (!through.StartsWith(before, StringComparison.Ordinal)
                || !text.StartsWith(through, StringComparison.Ordinal))
            {
                throw new BadInputException(
                    $"The chat template \"{Name}\" has no generation blocks, and the text of a conversation does not " +
                    "begin with the text of its first messages, so what the assistant writes cannot be told from the " +
                    "rest. Put {% generation %} and {% endgeneration %} around it in the template.");
            }
            spans.Add(new CharSpan(before.Length, through.Length));
        }
        return spans;
    }

    private RenderedChat Run(IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt) =>
        _template.Render(new Dictionary<string, object?>
        {
            ["messages"] = messages,
            ["add_generation_prompt"] = addGenerationPrompt,
            ["bos_token"] = tokenizer.BosToken ?? "",
            ["eos_token"] = tokenizer.EosToken ?? "",
            ["pad_token"] = tokenizer.PadToken ?? "",
            ["unk_token"] = tokenizer.UnknownToken ?? "",
        });
}
