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

    /// <summary>
    /// True where contents lose the white space around them, as in the conversions of Tülu 2.5's data; open-instruct's
    /// own scripts leave it.
    /// </summary>
    protected virtual bool Trims(ConversionRun run) => true;

    /// <summary>
    /// True where the reference mixes the records: the conversions of Tülu 2.5's data do, and those are the ones that
    /// trim, unless the raw records are that data.
    /// </summary>
    protected virtual bool Shuffles(ConversionRun run) => Trims(run);

    /// <summary>
    /// The dataset's records, in the files' order or, as in the reference, a random one (<see cref="Shuffles"/>), with
    /// contents trimmed (<see cref="Trims"/>). Pairs with a fault (<see cref="PreferenceFault"/>) are dropped and
    /// counted by its code; as in the reference, those whose sides are the same, or differ too early, are kept and
    /// counted as warnings.
    /// </summary>
    public IEnumerable<PreferenceRecord> Convert(ConversionRun run)
    {
        long next = 0;
        var usable = Usable(run);
        var ordered = run.AsReference && Shuffles(run)
            ? PreferenceShuffle.Of(
                usable, new SeededRandom(run.Settings.Seed, $"{Card.Slug}/shuffle"), run.Cancellation)
            : usable;
        foreach (var record in ordered)
        {
            var suffix = record.Id.Length > 0 ? record.Id : $"{next++}";
            run.Tally.Written++;
            yield return record with { Id = $"{Card.Slug}_{suffix}" };
        }
        run.Tally.Verify();
    }

    private IEnumerable<PreferenceRecord> Usable(ConversionRun run)
    {
        var trims = Trims(run);
        foreach (var draft in Records(run))
        {
            var record = trims
                ? draft with { Chosen = Trimmed(draft.Chosen), Rejected = Trimmed(draft.Rejected) } : draft;
            if (IsUsable(run, record, trims))
                yield return record;
        }
    }

    private bool IsUsable(ConversionRun run, PreferenceRecord record, bool trims)
    {
        var faults = PreferenceFault.All(record)
            .Where(code => !AllowsDivergentPrompts || code != PreferenceFault.DivergentPrompt).ToList();
        var fatal = faults.Find(code => code switch
        {
            PreferenceFault.DivergentPrompt => !run.AsReference && !run.Settings.AllowDivergentPrompt,
            PreferenceFault.SameAnswer => !run.AsReference,
            _ => true,
        });
        // A conversion that trims is one of Tülu 2.5's, which take no pair with an empty message.
        if (fatal is null && trims && record.Chosen.Concat(record.Rejected).Any(message => message.Content.Length == 0))
            fatal = "empty_content";
        if (fatal is not null)
        {
            run.Tally.Drop(fatal, record.Origin);
            return false;
        }
        faults.ForEach(code => run.Tally.Warn(code, record.Origin));
        return true;
    }

    internal sealed override void Check(ConversionRun run)
    {
        Trims(run);
        Records(run);
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
