using Caravan.Text;

namespace Caravan.Data.Preferences;

/// <summary>The codes under which unusable preference records are reported and counted.</summary>
public static class PreferenceFault
{
    /// <summary>A side is not a conversation.</summary>
    public const string NoConversation = "P01";

    /// <summary>A side does not end with the assistant.</summary>
    public const string NoAnswer = "P02";

    /// <summary>The sides differ before their last message.</summary>
    public const string DivergentPrompt = "P03";

    /// <summary>The answers are identical.</summary>
    public const string SameAnswer = "P04";

    /// <summary>An answer is blank.</summary>
    public const string BlankAnswer = "P05";

    /// <summary>The margin is not a number.</summary>
    public const string NoMargin = "P06";

    /// <summary>The first fault of a record, or null.</summary>
    public static string? Of(PreferenceRecord record, bool allowDivergentPrompt = false)
    {
        if (record.Chosen.Count == 0 || record.Rejected.Count == 0)
            return NoConversation;
        if (record.Chosen[^1].Role != "assistant" || record.Rejected[^1].Role != "assistant")
            return NoAnswer;
        if (!allowDivergentPrompt && !record.Chosen.SkipLast(1).SequenceEqual(record.Rejected.SkipLast(1)))
            return DivergentPrompt;
        if (Whitespace.IsBlank(record.Chosen[^1].Content) || Whitespace.IsBlank(record.Rejected[^1].Content))
            return BlankAnswer;
        if (Whitespace.Trim(record.Chosen[^1].Content) == Whitespace.Trim(record.Rejected[^1].Content))
            return SameAnswer;
        return record.Margin is { } margin && !double.IsFinite(margin) ? NoMargin : null;
    }

    /// <summary>What a code means, for messages.</summary>
    public static string Describe(string code) => code switch
    {
        NoConversation => "chosen and rejected must each be a list of at least one message",
        NoAnswer => "chosen and rejected must each end with a message of the assistant",
        DivergentPrompt => "chosen and rejected must be equal up to their last message",
        SameAnswer => "the chosen and the rejected answer are identical",
        BlankAnswer => "an answer is blank",
        _ => "the margin is not a finite number",
    };

    internal static ChatMessage[] Conversation(string user, string assistant) =>
        [new("user", user), new("assistant", assistant)];
}
