using Caravan.Files;

namespace Caravan.Text;

/// <summary>
/// How a conversation becomes text, and which part of the text carries loss. Templates are immutable and know no
/// tokenizer: its end-of-sequence and beginning-of-sequence tokens are handed in.
/// </summary>
public abstract class ChatTemplate
{
    /// <summary>
    /// The layout of Tülu 1 and 2: <c>&lt;|user|&gt;</c>, <c>&lt;|assistant|&gt;</c> and <c>&lt;|system|&gt;</c> on
    /// lines
    /// of their own, as plain text; an end-of-sequence token behind every assistant turn.
    /// </summary>
    public static ChatTemplate Tulu { get; } = new TuluTemplate();

    /// <summary>OpenAlpaca's first layout, that of its published models.</summary>
    public static ChatTemplate OpenAlpacaV1 { get; } = new OpenAlpacaTemplate(version: 1);

    /// <summary>OpenAlpaca's later layout: Alpaca's prompt without a line feed before the response.</summary>
    public static ChatTemplate OpenAlpacaV2 { get; } = new OpenAlpacaTemplate(version: 2);

    /// <summary>Stanford Alpaca's layout.</summary>
    public static ChatTemplate Alpaca { get; } = new AlpacaTemplate();

    /// <summary>Vicuna 1.1.</summary>
    public static ChatTemplate Vicuna { get; } = new VicunaTemplate();

    /// <summary>Llama-2-chat.</summary>
    public static ChatTemplate Llama2Chat { get; } = new Llama2ChatTemplate();

    /// <summary>Llama 3: headers between special tokens, <c>&lt;|eot_id|&gt;</c> behind every turn.</summary>
    public static ChatTemplate Llama3 { get; } = TurnTemplates.Llama3;

    /// <summary>ChatML: <c>&lt;|im_start|&gt;role</c> and <c>&lt;|im_end|&gt;</c> (Qwen and others).</summary>
    public static ChatTemplate ChatMl { get; } = TurnTemplates.ChatMl;

    /// <summary>Zephyr: headers as in Tülu, an end-of-sequence token behind every turn.</summary>
    public static ChatTemplate Zephyr { get; } = TurnTemplates.Zephyr;

    /// <summary>open-instruct's layout of prompts and completions: no headers.</summary>
    public static ChatTemplate PromptCompletion { get; } = new PromptCompletionTemplate();

    /// <summary>All named templates.</summary>
    public static IReadOnlyList<ChatTemplate> All { get; } =
        [Tulu, OpenAlpacaV1, OpenAlpacaV2, Alpaca, Vicuna, Llama2Chat, Llama3, ChatMl, Zephyr, PromptCompletion];

    /// <summary>The template of that name.</summary>
    /// <exception cref="BadInputException">There is none; the message lists them.</exception>
    public static ChatTemplate ByName(string name) =>
        All.FirstOrDefault(template => template.Name == name) ?? throw new BadInputException(
            $"There is no chat template \"{name}\". Known are: {string.Join(", ", All.Select(t => t.Name))}.");

    /// <summary>The layout that a model directory's tokenizer names: the named template whose Jinja source it carries,
    /// else that source itself; Tülu's where there is none.</summary>
    /// <exception cref="BadInputException">The source cannot be read.</exception>
    public static ChatTemplate Of(Tokenizer tokenizer) => tokenizer.ChatTemplateSource is not { } source
        ? Tulu
        : All.FirstOrDefault(template => template.JinjaSource == source) ?? FromJinja(source);

    /// <summary>A Jinja template, such as the one in a model's own files, with loss on its generation blocks.</summary>
    /// <exception cref="BadInputException">It cannot be read.</exception>
    public static ChatTemplate FromJinja(string source, string name = "jinja") => new JinjaChatTemplate(name, source);

    /// <summary>The name in configurations and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The same layout as a Jinja <c>chat_template</c>, for tokenizer_config.json.</summary>
    public abstract string JinjaSource { get; }

    /// <summary>
    /// Whether an instruction's input is a message of its own: the instruction a system message, the input the user's.
    /// </summary>
    public virtual bool SeparatesInput => false;

    /// <summary>The text of a conversation, and the spans of it that carry loss.</summary>
    /// <param name="messages">At least one.</param>
    /// <param name="tokenizer">Gives the end-of-sequence token.</param>
    /// <param name="addGenerationPrompt">Whether to end with the header of an assistant turn, to be continued.</param>
    /// <exception cref="BadInputException">No message, or one with a role that the layout does not have.</exception>
    public abstract RenderedChat Render(
        IReadOnlyList<ChatMessage> messages, Tokenizer tokenizer, bool addGenerationPrompt = false);

    /// <summary>
    /// A training example: a token carries loss if its characters touch a loss span. A token that stands for no
    /// characters counts by its position.
    /// </summary>
    /// <param name="maxLength">Longer examples lose their end.</param>
    /// <exception cref="BadInputException">As <see cref="Render"/>.</exception>
    public virtual TokenizedChat Tokenize(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages, int maxLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxLength);
        var chat = Render(messages, tokenizer);
        var (ids, offsets) = tokenizer.EncodeWithOffsets(chat.Text, AddsSpecialTokens(chat.Text, tokenizer));
        var length = Math.Min(ids.Length, maxLength);
        var labels = new int[length];
        var span = 0;
        for (var i = 0; i < length; i++)
        {
            // Both lists are in order, so a span that ends before this token is done with.
            while (span < chat.LossSpans.Count && chat.LossSpans[span].End <= offsets[i].Start)
                span++;
            var hasLoss = span < chat.LossSpans.Count && offsets[i].Touches(chat.LossSpans[span]);
            labels[i] = hasLoss ? ids[i] : TokenizedChat.NoLoss;
        }
        return new TokenizedChat(
            chat.Text, ids[..length], offsets[..length], labels, Truncated: length < ids.Length);
    }

    /// <summary>The ids to generate an assistant turn from.</summary>
    /// <exception cref="BadInputException">As <see cref="Render"/>.</exception>
    public virtual int[] TokenizePrompt(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages)
    {
        var text = Render(messages, tokenizer, addGenerationPrompt: true).Text;
        return tokenizer.Encode(text, AddsSpecialTokens(text, tokenizer));
    }

    /// <summary>
    /// Whether the tokenizer puts its special tokens around the text; not if the template has written the first one.
    /// </summary>
    private static bool AddsSpecialTokens(string text, Tokenizer tokenizer) =>
        tokenizer.BosToken is not { } bos || !text.StartsWith(bos, StringComparison.Ordinal);

    /// <summary>The end-of-sequence token, which every layout here needs.</summary>
    private protected static string EndOfSequence(Tokenizer tokenizer) =>
        tokenizer.EosToken ?? throw new BadInputException(
        "The tokenizer has no end-of-sequence token, so a model could not learn where to stop. " +
        "Set eos_token in tokenizer_config.json.");

    private protected BadInputException UnknownRole(ChatMessage message) => new(
        $"The chat template \"{Name}\" has no role \"{message.Role}\". Roles are system, user and assistant.");

    private protected void RequireMessages(IReadOnlyList<ChatMessage> messages)
    {
        if (messages.Count == 0)
            throw new BadInputException($"The chat template \"{Name}\" was given a conversation without messages.");
    }
}
