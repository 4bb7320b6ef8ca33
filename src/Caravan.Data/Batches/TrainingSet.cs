using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data;

/// <summary>Tokenised examples, in the records' order, and what was left out on the way.</summary>
public sealed class TrainingSet
{
    private const int RecordsPerTask = 128;
    private const int NamedRecords = 5;

    internal TrainingSet(
        IReadOnlyList<TrainingExample> examples, IReadOnlyList<int> lengths, TrainingSetReport report,
            int largestTokenId)
    {
        if (examples.Count == 0)
            throw NothingLeft(report);
        (Examples, Lengths, Report, LargestTokenId) = (examples, lengths, report, largestTokenId);
    }

    /// <summary>The examples; each has at least one target token.</summary>
    public IReadOnlyList<TrainingExample> Examples { get; }

    /// <summary>The examples' lengths in tokens, which is all that a <see cref="BatchPlan"/> needs.</summary>
    public IReadOnlyList<int> Lengths { get; }

    /// <summary>Counts and ids of what was dropped and cut.</summary>
    public TrainingSetReport Report { get; }

    /// <summary>The largest token id in use, to be compared with the model's embedding before training.</summary>
    public int LargestTokenId { get; }

    /// <summary>
    /// Tokenises records on <paramref name="threads"/> threads (all cores by default). Records without a target token
    /// are left out and named in the report. The result is the same for any number of threads, so
    /// <paramref name="tokenize"/> must be a pure function that several threads may call.
    /// </summary>
    /// <exception cref="BadInputException">Nothing is left to train on.</exception>
    public static TrainingSet FromRecords(
        IEnumerable<InstructionRecord> records,
        Func<IReadOnlyList<ChatMessage>, TokenizedMessages> tokenize,
        int? threads = null,
        CancellationToken cancellation = default)
    {
        var kept = new List<TrainingExample>();
        var withoutLoss = new List<TrainingExample>();
        var pieces = OrderedParallel.Map(
            records.Chunk(RecordsPerTask),
            chunk => Array.ConvertAll(chunk, record => Example(record, tokenize)),
            threads ?? Environment.ProcessorCount, cancellation);
        foreach (var example in pieces.SelectMany(piece => piece))
            (example.TargetTokens == 0 ? withoutLoss : kept).Add(example);
        var report = new TrainingSetReport
        {
            Read = kept.Count + withoutLoss.Count,
            Kept = kept.Count,
            WithoutLoss = [.. withoutLoss.Select(example => example.RecordId)],
            WithoutLossByTruncation = withoutLoss.Count(example => example.Truncated),
            Truncated = [.. kept.Where(example => example.Truncated).Select(example => example.RecordId)],
        };
        var largest = kept.Select(example => example.InputIds.Max()).DefaultIfEmpty().Max();
        return new TrainingSet(kept, [.. kept.Select(example => example.InputIds.Length)], report, largest);
    }

    /// <summary>
    /// The batches of one epoch's plan, beginning with micro-batch <paramref name="from"/>, which is how a stopped run
    /// goes on.
    /// </summary>
    public IEnumerable<TokenBatch> Batches(EpochPlan plan, int from = 0)
    {
        for (var i = from; i < plan.MicroBatches.Count; i++)
            yield return TokenBatch.Of([.. plan.MicroBatches[i].Select(index => Examples[index])]);
    }

    private static TrainingExample Example(
        InstructionRecord record, Func<IReadOnlyList<ChatMessage>, TokenizedMessages> tokenize)
    {
        var (ids, labels, truncated) = tokenize(record.Messages);
        if (ids.Length != labels.Length)
        {
            throw new InvalidOperationException(
                $"The tokenizer gave {ids.Length} ids and {labels.Length} labels for record {record.Id}.");
        }
        var rounds = record.Messages.Count(message => message.Role == "user");
        return new TrainingExample(record.Dataset, record.Id, ids, labels, rounds, truncated);
    }

    private static BadInputException NothingLeft(TrainingSetReport report)
    {
        if (report.Read == 0)
        {
            return new BadInputException(
                "The training data has no records. Give at least one record with an assistant message.");
        }
        var masked = report.Read - report.WithoutLossByTruncation;
        var named = string.Join(", ", report.WithoutLoss.Take(NamedRecords));
        var more = report.Read > NamedRecords ? ", …" : "";
        return new BadInputException(
            $"Nothing is left to train on: of {report.Read} records, {report.WithoutLossByTruncation} lost their " +
            $"whole answer to the length limit and {masked} have no token of an assistant message ({named}{more}). " +
            "Raise max_seq_length, or check the records' roles.");
    }
}
