namespace Caravan.Data.Conversion;

/// <summary>
/// A public instruction dataset: its card and the rule that turns its raw files into records. Adding a dataset is
/// adding one class that derives from this one.
/// </summary>
public abstract class InstructionDataset
{
    public abstract DatasetCard Card { get; }

    /// <summary>
    /// The dataset's records, in order, converted as they are asked for. What is left out is in the run's tally.
    /// </summary>
    public IEnumerable<InstructionRecord> Convert(ConversionRun run)
    {
        var ids = new HashSet<string>();
        long next = 0;
        foreach (var draft in Records(run))
        {
            var blank = draft.Messages.Any(message =>
                message.Role == "assistant" && Whitespace.IsBlank(message.Content));
            if (blank && run.Settings.DropEmpty)
            {
                run.Tally.Drop("empty_answer", draft.Origin);
                continue;
            }
            foreach (var code in RecordWarning.Of(draft.Messages))
                run.Tally.Warn(code, draft.Origin);
            if (draft.Id.Length > 0 && !ids.Add(draft.Id))
                run.Tally.Warn(RecordWarning.RepeatedId, draft.Origin);
            var suffix = draft.Id.Length > 0 ? draft.Id : $"{next++}";
            run.Tally.Written++;
            yield return draft with { Id = $"{Card.Slug}_{suffix}" };
        }
        run.Tally.Verify();
    }

    /// <summary>
    /// The conversion itself. A record's id is what stands behind <c>slug_</c>; an empty one is numbered.
    /// </summary>
    protected abstract IEnumerable<InstructionRecord> Records(ConversionRun run);

    /// <summary>
    /// A random choice of finished records, in their order; all of them if there are no more. For datasets whose raw
    /// records do not correspond to records one by one.
    /// </summary>
    protected static IEnumerable<InstructionRecord> Sample(
        ConversionRun run, IEnumerable<InstructionRecord> records, int? count)
    {
        if (count is not { } wanted)
            return records;
        var all = records.ToList();
        if (wanted >= all.Count)
            return all;
        run.Tally.Drop("not_sampled", default, all.Count - wanted);
        var chosen = new SeededRandom(run.Settings.Seed, $"{run.Card.Slug}/sample").Sample(all.Count, wanted);
        return chosen.Order().Select(index => all[index]);
    }

    /// <summary>A draft of one question and one answer.</summary>
    protected InstructionRecord Pair(SourceRecord source, string user, string assistant, string id = "") =>
        new(Card.Slug, id, [new("user", user), new("assistant", assistant)]) { Origin = source.Origin };
}
