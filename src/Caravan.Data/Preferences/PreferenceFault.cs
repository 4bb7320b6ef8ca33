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

    /// <summary>The margin, or a score that it is made of, is not a finite number.</summary>
    public const string NoMargin = "P06";

    /// <summary>The first fault of a record, or null.</summary>
    public static string? Of(PreferenceRecord record, bool allowDivergentPrompt = false) =>
        All(record).FirstOrDefault(code => !allowDivergentPrompt || code != DivergentPrompt);

    /// <summary>All faults of a record; nothing more is looked for where a side is no conversation.</summary>
    public static IEnumerable<string> All(PreferenceRecord record)
    {
        var (chosen, rejected) = (record.Chosen, record.Rejected);
        if (chosen.Count == 0 || rejected.Count == 0)
        {
            yield return NoConversation;
            yield break;
        }
        if (chosen[^1].Role != "assistant" || rejected[^1].Role != "assistant")
            yield return NoAnswer;
        if (!chosen.SkipLast(1).SequenceEqual(rejected.SkipLast(1)))
            yield return DivergentPrompt;
        if (Whitespace.IsBlank(chosen[^1].Content) || Whitespace.IsBlank(rejected[^1].Content))
            yield return BlankAnswer;
        else if (Whitespace.Trim(chosen[^1].Content) == Whitespace.Trim(rejected[^1].Content))
            yield return SameAnswer;
        if (new[] { record.Margin, record.ScoreChosen, record.ScoreRejected }.Any(
            number => number is { } value && !double.IsFinite(value)))
        {
            yield return NoMargin;
        }
    }

    /// <summary>Whether a code is of a pair that is sound and yet of no use.</summary>
    public static bool IsNothingToLearn(string code) => code is SameAnswer or BlankAnswer;

    /// <summary>What a code means, for messages.</summary>
    public static string Describe(string code) => code switch
    {
        NoConversation => "chosen and rejected must each be a list of at least one message",
        NoAnswer => "chosen and rejected must each end with a message of the assistant",
        DivergentPrompt => "chosen and rejected must be equal up to their last message",
        SameAnswer => "the chosen and the rejected answer are identical",
        BlankAnswer => "an answer is blank",
        _ => "the margin or a score is not a finite number",
    };

    internal static ChatMessage[] Conversation(string user, string assistant) =>
        [new("user", user), new("assistant", assistant)];
}
