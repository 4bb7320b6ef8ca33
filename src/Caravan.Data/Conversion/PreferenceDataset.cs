using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data.Conversion;

/// <summary>
/// A public preference dataset: its card and the rule that turns its raw files into pairs of conversations.
/// </summary>
public abstract class PreferenceDataset : Dataset
{
    /// <summary>True where the two sides may differ before their last message.</summary>
    protected virtual bool AllowsDivergentPrompts => false;

    /// <summary>True where contents lose the white space around them.</summary>
    protected virtual bool Trims(ConversionRun run) => true;

    /// <summary>
    /// The dataset's records, in order, contents trimmed (<see cref="Trims"/>). Pairs with a fault
    /// (<see cref="PreferenceFault"/>) are dropped and counted by its code.
    /// </summary>
    public IEnumerable<PreferenceRecord> Convert(ConversionRun run)
    {
        long next = 0;
        var trims = Trims(run);
        foreach (var draft in Records(run))
        {
            var record = trims
                ? draft with { Chosen = Trimmed(draft.Chosen), Rejected = Trimmed(draft.Rejected) } : draft;
            if (PreferenceFault.Of(record, AllowsDivergentPrompts) is { } code)
            {
                run.Tally.Drop(code, record.Origin);
                continue;
            }
            var suffix = record.Id.Length > 0 ? record.Id : $"{next++}";
            run.Tally.Written++;
            yield return record with { Id = $"{Card.Slug}_{suffix}" };
        }
        run.Tally.Verify();
    }

    internal sealed override void Write(ConversionRun run, Stream output) =>
        PreferenceFile.Write(output, Convert(run), run.Settings.Ascii);

    /// <summary>The conversion itself; ids as in <see cref="InstructionDataset"/>.</summary>
    protected abstract IEnumerable<PreferenceRecord> Records(ConversionRun run);

    /// <summary>A draft of one question with two answers.</summary>
    protected PreferenceRecord Pair(
        RecordOrigin origin, string user, string chosen, string rejected, double? margin = null) =>
        new(Card.Slug, "", PreferenceFault.Conversation(user, chosen), PreferenceFault.Conversation(user, rejected))
        {
            Origin = origin,
            Margin = margin,
        };

    private static ChatMessage[] Trimmed(IReadOnlyList<ChatMessage> messages) =>
        [.. messages.Select(message => message with { Content = Whitespace.Trim(message.Content) })];
}
