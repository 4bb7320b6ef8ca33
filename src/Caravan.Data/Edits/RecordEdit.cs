using Caravan.Text;

namespace Caravan.Data.Edits;

/// <summary>
/// A change that a mixture makes to the records that it keeps, with the name that recipes and books give it.
/// </summary>
/// <param name="Name">One word.</param>
/// <param name="Apply">The changed record, or the same one where there is nothing to change.</param>
public sealed record RecordEdit(string Name, Func<InstructionRecord, InstructionRecord> Apply)
{
    /// <summary>All that need no more than their name (see also <see cref="MemberEdits"/>).</summary>
    public static IReadOnlyList<RecordEdit> All { get; } =
    [
        new("special_tokens", record => Contents(record, SpecialTokens.Replace)),
        new("add_answer_tags", record => LastAnswer(record, AnswerTags.Add)),
        new("strip_answer_tags", record => LastAnswer(record, AnswerTags.Strip)),
    ];

    private static InstructionRecord Contents(InstructionRecord record, Func<string, string> change) =>
        With(record, [.. record.Messages.Select(message => message with { Content = change(message.Content) })]);

    private static InstructionRecord LastAnswer(InstructionRecord record, Func<string, string> change) =>
        record.Messages is [.., { Role: "assistant" } last]
            ? With(record, [.. record.Messages.SkipLast(1), last with { Content = change(last.Content) }]) : record;

    private static InstructionRecord With(InstructionRecord record, ChatMessage[] messages) =>
        messages.SequenceEqual(record.Messages) ? record : record with { Messages = messages };
}
