using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Text;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// Finds the conversations in one of Open Assistant's message trees, depth first, replies in their order or, if only
/// the best are followed, the best first. Every message of the tree is either in some conversation or skipped for a
/// reason: it is deleted (or hangs on a deleted one), it was not among the best, or it leads to no answer.
/// </summary>
internal sealed class ConversationTree(SourceRecord source, ConversationTree.Rule rule)
{
    private readonly List<(ChatMessage Message, double Quality)> _path = [];
    private readonly List<Thread> _found = [];

    /// <summary>Which paths become conversations.</summary>
    /// <param name="TopK">How many replies of each message are followed; null for all.</param>
    /// <param name="EveryAnswer">
    /// A conversation for every assistant message, deleted or not, so that long threads give nested prefixes (Tülu 1).
    /// Else one for each thread.
    /// </param>
    /// <param name="ByRank">The best reply is the one of lowest rank instead of highest quality.</param>
    /// <param name="WithQualities">The messages' qualities are asked for.</param>
    /// <param name="AsReference">
    /// A thread must end in an assistant message without any reply, as in the original; one that goes on to nothing
    /// usable is lost. Else such a thread ends at its last answer.
    /// </param>
    internal sealed record Rule(
        int? TopK = null, bool EveryAnswer = false, bool ByRank = false, bool WithQualities = false,
        bool AsReference = false);

    /// <summary>A conversation with each message's quality, which is 0 where nobody judged it.</summary>
    internal sealed record Thread(IReadOnlyList<ChatMessage> Messages, IReadOnlyList<double> Qualities);

    /// <summary>The conversations below a root.</summary>
    public IReadOnlyList<Thread> Paths(JsonElement root)
    {
        Walk(root);
        return _found;
    }

    /// <summary>The number of messages in a tree.</summary>
    public static int Size(JsonElement node) => 1 + Replies(node).Sum(Size);

    // True if the message is part of some conversation.
    private bool Walk(JsonElement node)
    {
        if (!rule.EveryAnswer && IsDeleted(node))
        {
            source.Skip("deleted", Size(node));
            return false;
        }
        if (SourceRecord.Find(node, "deleted") is null)
            source.Tally.Normalise("no_deleted", source.Origin);
        var message = Message(node);
        _path.Add((message, rule.WithQualities ? Quality(node) : 0));
        var isAnswer = message.Role == "assistant";
        var replies = Replies(node);
        var emits = isAnswer && (rule.EveryAnswer || (rule.AsReference && replies.Length == 0));
        if (emits)
            Emit();
        var inside = emits;
        foreach (var reply in Followed(replies))
            inside |= Walk(reply);
        if (isAnswer && !inside && !rule.AsReference)
        {
            Emit();
            inside = true;
        }
        _path.RemoveAt(_path.Count - 1);
        if (inside)
            source.Tally.Kept++;
        else
            source.Skip("leads_to_no_answer");
        return inside;
    }

    private void Emit() => _found.Add(
        new Thread([.. _path.Select(step => step.Message)], [.. _path.Select(step => step.Quality)]));

    private IEnumerable<JsonElement> Followed(JsonElement[] replies)
    {
        if (rule.TopK is not { } count)
            return replies;
        var byUse = replies.ToLookup(reply => rule.EveryAnswer || !IsDeleted(reply));
        foreach (var deleted in byUse[false])
            source.Skip("deleted", Size(deleted));
        var usable = byUse[true];
        // The sort is stable: among equals the file's order decides.
        var best = (rule.ByRank ? usable.OrderBy(Rank) : usable.OrderByDescending(Quality)).ToList();
        foreach (var pruned in best.Skip(count))
            source.Skip("not_among_the_best", Size(pruned));
        return best.Take(count);
    }

    private ChatMessage Message(JsonElement node)
    {
        var id = source.OptionalText(node, "message_id", "message_id") ?? "?";
        var role = source.Text(node, "role", $"message {id}.role") switch
        {
            "prompter" => "user",
            "assistant" => "assistant",
            var other => throw source.Fault(RecordFault.UnknownRole,
                $"message {id}: unknown role \"{other}\"; expected prompter or assistant."),
        };
        return new ChatMessage(role, source.Text(node, "text", $"message {id}.text"));
    }

    private static bool IsDeleted(JsonElement node) =>
        SourceRecord.Find(node, "deleted") is { ValueKind: JsonValueKind.True };

    private double Quality(JsonElement node)
    {
        if (SourceRecord.Find(node, "labels") is { } labels && SourceRecord.Find(labels, "quality") is { } quality &&
            SourceRecord.Find(quality, "value") is { ValueKind: JsonValueKind.Number } value)
        {
            return value.GetDouble();
        }
        source.Tally.Normalise("no_quality", source.Origin);
        return 0;
    }

    private static double Rank(JsonElement node) =>
        SourceRecord.Find(node, "rank") is { ValueKind: JsonValueKind.Number } rank
            ? rank.GetDouble() : double.MaxValue;

    private static JsonElement[] Replies(JsonElement node) =>
        SourceRecord.Find(node, "replies") is { ValueKind: JsonValueKind.Array } replies
            ? [.. replies.EnumerateArray()] : [];
}
