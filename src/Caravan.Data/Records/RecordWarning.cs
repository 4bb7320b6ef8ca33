using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data;

/// <summary>The codes of what is odd about a record and is kept all the same.</summary>
public static class RecordWarning
{
    /// <summary>A blank assistant message; its end-of-sequence token is still trained.</summary>
    public const string BlankAnswer = "W01";

    /// <summary>A blank user message.</summary>
    public const string BlankQuestion = "W02";

    /// <summary>A system message that is not the first.</summary>
    public const string LateSystem = "W03";

    /// <summary>Roles do not alternate from user to assistant.</summary>
    public const string Order = "W04";

    /// <summary>An id that another record of the dataset has.</summary>
    public const string RepeatedId = "W05";

    /// <summary>Text that had to be changed to be valid: half surrogate pairs, bytes that are not UTF-8, NUL.</summary>
    public const string ChangedText = "W06";

    /// <summary>A key that stands twice in one object; the last value counts.</summary>
    public const string RepeatedKey = "W07";

    /// <summary>A code with what it means, <c>W01, blank answer</c>; another reason is its own description.</summary>
    public static string Describe(string code) => code switch
    {
        BlankAnswer => $"{code}, blank answer",
        BlankQuestion => $"{code}, blank question",
        LateSystem => $"{code}, system message that is not the first",
        Order => $"{code}, roles that do not alternate",
        RepeatedId => $"{code}, id that occurs twice",
        ChangedText => $"{code}, text that had to be changed",
        RepeatedKey => $"{code}, key that occurs twice",
        PreferenceFault.DivergentPrompt or PreferenceFault.SameAnswer => $"{code}, {PreferenceFault.Describe(code)}",
        RecordFault.NoName => $"{code}, no dataset or id, made up from the file's name",
        _ => code,
    };

    /// <summary>The warnings about blank messages.</summary>
    internal static IReadOnlyList<string> Blank(bool question, bool answer) => (question, answer) switch
    {
        (false, false) => [],
        (true, false) => [BlankQuestion],
        (false, true) => [BlankAnswer],
        _ => [BlankAnswer, BlankQuestion],
    };

    /// <summary>The warnings that a conversation alone gives rise to.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<ChatMessage> messages)
    {
        var expected = "user";
        bool blankAnswer = false, blankQuestion = false, lateSystem = false, disorder = false;
        for (var i = 0; i < messages.Count; i++)
        {
            var (role, content) = messages[i];
            blankAnswer |= role == "assistant" && Whitespace.IsBlank(content);
            blankQuestion |= role == "user" && Whitespace.IsBlank(content);
            lateSystem |= role == "system" && i > 0;
            if (role == "system")
                continue;
            disorder |= role != expected;
            expected = role == "user" ? "assistant" : "user";
        }
        disorder |= messages.Count > 0 && messages[^1].Role != "assistant";
        if (blankAnswer)
            yield return BlankAnswer;
        if (blankQuestion)
            yield return BlankQuestion;
        if (lateSystem)
            yield return LateSystem;
        if (disorder)
            yield return Order;
    }
}
