using Caravan.Text;

namespace Caravan.Data.Filters;

/// <summary>A rule by which a mixture leaves records out, with the name that recipes and books give it.</summary>
/// <param name="Name">One word.</param>
/// <param name="Rejects">True for a conversation that goes.</param>
public sealed record RecordFilter(string Name, Func<IReadOnlyList<ChatMessage>, bool> Rejects)
{
    /// <summary>All of them; a record that several reject is counted by the first.</summary>
    public static IReadOnlyList<RecordFilter> All { get; } =
    [
        new("entities", EntityFilter.Rejects),
        new("keywords", KeywordFilter.Rejects),
        new("empty_messages", messages => messages.Any(message => Whitespace.IsBlank(message.Content))),
        new("knowledge_cutoff", KnowledgeCutoffFilter.Rejects),
        new("chinese", ChineseFilter.Rejects),
    ];
}
