using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Caravan.Data.Json;

namespace Caravan.Data.Conversion;

/// <summary>
/// A public instruction dataset: its card and the rule that turns its raw files into records. Adding a dataset is
/// adding one class that derives from this one.
/// </summary>
public abstract class InstructionDataset : Dataset
{
    /// <summary>
    /// The dataset's records, in order, converted as they are asked for. What is left out is in the run's tally.
    /// </summary>
    public IEnumerable<InstructionRecord> Convert(ConversionRun run)
    {
        foreach (var (batch, entry, number) in Finished(run))
        {
            using var document = JsonDocument.Parse((byte[])[(byte)'[', .. batch.Messages(entry), (byte)']']);
            var fields = new JsonFields(document.RootElement, entry.Origin, entry.Dataset, entry.Id);
            var messages = InstructionParser.Messages(document.RootElement, "messages", fields);
            var id = number < 0 ? entry.Id : $"{number}";
            yield return new InstructionRecord(entry.Dataset, IdPrefix + id, messages)
            {
                Origin = entry.Origin,
                OtherKeys = entry.OtherKeys,
            };
        }
    }

    internal sealed override void Check(ConversionRun run) => Records(run);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal override void Write(ConversionRun run, Stream output)
    {
        var (head, tail) = (new JsonLine(run.Settings.Ascii), new JsonLine(run.Settings.Ascii));
        Span<byte> digits = stackalloc byte[20];
        var prefix = IdPrefix;
        string? dataset = null;
        var beforeId = 0;
        foreach (var (batch, entry, number) in Finished(run))
        {
            if (entry.Dataset != dataset)
            {
                dataset = entry.Dataset;
                head.Clear();
                head.Raw("{\"dataset\": "u8).Text(dataset).Raw(", \"id\": \""u8).Characters(prefix);
                beforeId = head.Length;
            }
            // What all records of a dataset begin with stays.
            head.Truncate(beforeId);
            if (number < 0)
                head.Characters(entry.Id);
            else
            {
                number.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
                head.Raw(digits[..length]);
            }
            output.Write(head.Raw("\", \"messages\": ["u8).Written);
            output.Write(batch.Messages(entry));
            if (entry.OtherKeys is { } others)
            {
                tail.Clear();
                output.Write(tail.Raw("], "u8).Quoted(Encoding.UTF8.GetBytes(others)).Raw("}\n"u8).Written);
            }
            else
                output.Write("]}\n"u8);
        }
    }

    /// <summary>What stands before each record's own id or number.</summary>
    protected virtual string IdPrefix => Card.Slug + "_";

    /// <summary>
    /// The conversion itself. A record's id is what stands behind <c>slug_</c>; an empty one is numbered. The call
    /// finds the raw files and reads the options; the files are read when the batches are asked for.
    /// </summary>
    protected abstract IEnumerable<RecordBatch> Records(ConversionRun run);

    /// <summary>
    /// A random choice of finished records, in their order; all of them if there are no more. For datasets whose raw
    /// records do not correspond to records one by one: they are converted twice, the first time to count them.
    /// </summary>
    protected static IEnumerable<RecordBatch> Sample(
        ConversionRun run, int? count, Func<ConversionRun, IEnumerable<RecordBatch>> records)
    {
        var all = records(run);
        return count is { } wanted
            ? Sample(run, wanted, all, records(new ConversionRun(run.Card, run.Raw, run.Settings, run.Cancellation)))
            : all;
    }

    private static IEnumerable<RecordBatch> Sample(
        ConversionRun run, int wanted, IEnumerable<RecordBatch> all, IEnumerable<RecordBatch> rehearsal)
    {
        var total = rehearsal.Sum(batch => batch.Count);
        if (wanted > total)
            run.Tally.Warn("sample_larger_than_data", default);
        else
            run.Tally.Drop("not_sampled", default, total - wanted);
        var chosen = new BitArray(total);
        var draws = new SeededRandom(run.Settings.Seed, $"{run.Card.Slug}/sample");
        foreach (var index in draws.Sample(total, Math.Min(wanted, total)))
            chosen[index] = true;
        foreach (var batch in Only(all, chosen))
            yield return batch;
    }

    /// <summary>A draft of one question and one answer.</summary>
    protected InstructionRecord Pair(SourceRecord source, string user, string assistant, string id = "") =>
        new(Card.Slug, id, [new("user", user), new("assistant", assistant)]) { Origin = source.Origin };

    private static IEnumerable<RecordBatch> Only(IEnumerable<RecordBatch> batches, BitArray chosen)
    {
        var position = 0;
        foreach (var batch in batches)
        {
            var count = batch.Count;
            batch.Keep(index => chosen[position + index]);
            position += count;
            yield return batch;
        }
    }

    // Each record with its number, which is negative if it has an id of its own.
    private IEnumerable<(RecordBatch Batch, RecordBatch.Entry Entry, long Number)> Finished(ConversionRun run)
    {
        // Hashes instead of ids keep memory small, and at worst a warning is one too many.
        var ids = new HashSet<ulong>();
        long next = 0;
        foreach (var batch in Records(run))
        {
            foreach (var entry in batch.Entries)
            {
                if (run.Settings.DropEmpty && entry.Warnings.Contains(RecordWarning.BlankAnswer))
                {
                    run.Tally.Drop("empty_answer", entry.Origin);
                    continue;
                }
                foreach (var code in entry.Warnings)
                    run.Tally.Warn(code, entry.Origin);
                if (entry.Id.Length > 0 && !ids.Add(TextHash.Of(entry.Id)))
                    run.Tally.Warn(RecordWarning.RepeatedId, entry.Origin);
                run.Tally.Written++;
                yield return (batch, entry, entry.Id.Length > 0 ? -1 : next++);
            }
        }
        run.Tally.Verify();
    }
}
