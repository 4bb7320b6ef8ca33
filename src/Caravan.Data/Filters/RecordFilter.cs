namespace Caravan.Data.Filters;

/// <summary>A rule by which a mixture leaves records out, with the name that recipes and books give it.</summary>
/// <param name="Name">One word.</param>
/// <param name="Rejects">True for a record that goes.</param>
public sealed record RecordFilter(string Name, Func<InstructionRecord, bool> Rejects)
{
    /// <summary>
    /// All that need no more than their name (see also <see cref="SourceFilter"/>); a record that several reject is
    /// counted by the first.
    /// </summary>
    public static IReadOnlyList<RecordFilter> All { get; } =
    [
        new("entities", EntityFilter.Rejects),
        new("keywords", KeywordFilter.Rejects),
        new("empty_messages", record => record.Messages.Any(message => Whitespace.IsBlank(message.Content))),
        new("knowledge_cutoff", KnowledgeCutoffFilter.Rejects),
        new("chinese", ChineseFilter.Rejects),
        new("self_identification", SelfIdentificationFilter.Rejects),
        new("self_identification_in_questions_too", SelfIdentificationFilter.RejectsQuestionsToo),
        new("think_format", ThinkFormatFilter.Rejects),
        new("think_answer_format", ThinkFormatFilter.RejectsWithoutAnswer),
        new("wildchat", WildChatFilter.Rejects),
    ];
}
