using Caravan.Files;

namespace Caravan.Text;

/// <summary>
/// How a conversation becomes text, and which part of the text carries loss. Templates are immutable and know no
/// tokenizer: its end-of-sequence and beginning-of-sequence tokens are handed in.
/// </summary>
public abstract class ChatTemplate
{
    /// <summary>
    /// The layout of Tülu 1 and 2: <c>&lt;|user|&gt;</c>, <c>&lt;|assistant|&gt;</c> and <c>&lt;|system|&gt;</c> on lines
    /// of their own, as plain text; an end-of-sequence token behind every assistant turn.
    /// </summary>
    public static ChatTemplate Tulu { get; } = new TuluTemplate();

    /// <summary>The name in configurations and on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>The same layout as a Jinja <c>chat_template</c>, for tokenizer_config.json.</summary>
    public abstract string JinjaSource { get; }

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
        var (ids, offsets) = tokenizer.EncodeWithOffsets(chat.Text);
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
        return new TokenizedChat(ids[..length], labels, Truncated: length < ids.Length);
    }

    /// <summary>The ids to generate an assistant turn from.</summary>
    /// <exception cref="BadInputException">As <see cref="Render"/>.</exception>
    public virtual int[] TokenizePrompt(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages) =>
        tokenizer.Encode(Render(messages, tokenizer, addGenerationPrompt: true).Text);

    /// <summary>The end-of-sequence token, which every layout here needs.</summary>
    private protected static string EndOfSequence(Tokenizer tokenizer) => tokenizer.EosToken ?? throw new BadInputException(
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
