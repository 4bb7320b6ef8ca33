using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Unicode;
using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data.Conversion;

/// <summary>
/// One conversion of one dataset's raw files: reads them on one thread, converts records on all, and gives the results
/// in the files' order with every loss in the <see cref="Tally"/>.
/// </summary>
public sealed class ConversionRun(
    DatasetCard card, RawFolder raw, ConversionSettings settings, CancellationToken cancellation = default)
{
    private readonly List<string> _inputs = [];
    private readonly Dictionary<string, ManifestFile> _measured = [];

    public DatasetCard Card { get; } = card;

    public RawFolder Raw { get; } = raw;

    public ConversionSettings Settings { get; } = settings;

    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>What happened so far.</summary>
    public Tally Tally { get; } = new();

    /// <summary>The raw files that were read.</summary>
    public IReadOnlyList<string> Inputs => _inputs;

    /// <summary>True when the original scripts' losses are wanted.</summary>
    public bool AsReference => Settings.Compatibility == Compatibility.Reference;

    /// <summary>An option that is a whole number from 0 up, or a null for <c>all</c> or <c>none</c>.</summary>
    public int? Number(string option)
    {
        var text = Settings.Option(Card, option);
        if (text is "all" or "none")
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new BadInputException(
                $"Dataset {Card.Slug}, option {option}: \"{text}\" is not a whole number from 0 up, \"all\" or " +
                "\"none\".");
    }

    /// <summary>An option that is a number, or a null for <c>none</c>.</summary>
    public double? Real(string option)
    {
        var text = Settings.Option(Card, option);
        if (text == "none")
            return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) &&
            double.IsFinite(number)
            ? number
            : throw new BadInputException(
                $"Dataset {Card.Slug}, option {option}: \"{text}\" is not a number or \"none\".");
    }

    /// <summary>An option that is some of a few words, separated by commas, or <c>none</c>.</summary>
    public IReadOnlyList<string> Words(string option, params IReadOnlyList<string> choices)
    {
        var text = Settings.Option(Card, option);
        string[] words = text == "none" ? [] : text.Split(',', StringSplitOptions.TrimEntries);
        var stranger = words.FirstOrDefault(word => !choices.Contains(word));
        return stranger is null
            ? words
            : throw new BadInputException(
                $"Dataset {Card.Slug}, option {option}: expected some of {string.Join(", ", choices)}, " +
                $"found \"{stranger}\".");
    }

    /// <summary>An option that is <c>true</c> or <c>false</c>.</summary>
    public bool Flag(string option) => Settings.Option(Card, option) switch
    {
        "true" => true,
        "false" => false,
        var text => throw new BadInputException(
            $"Dataset {Card.Slug}, option {option}: expected true or false, found \"{text}\"."),
    };

    /// <summary>An option that is one of a few words.</summary>
    public string Choice(string option, params IReadOnlyList<string> choices)
    {
        var text = Settings.Option(Card, option);
        return choices.Contains(text)
            ? text
            : throw new BadInputException(
                $"Dataset {Card.Slug}, option {option}: expected {string.Join(" or ", choices)}, found \"{text}\".");
    }

    /// <summary>A random number for each position, of this dataset's own.</summary>
    public SeededDraws Draws(string purpose) => new(Settings.Seed, $"{Card.Slug}/{purpose}");

    /// <summary>
    /// Which of the files' records to take if only <paramref name="count"/> are wanted: a random choice without
    /// replacement, taken in the files' order. Null, which stands for all, when there are no more than that. The files
    /// are counted when the conversion begins.
    /// </summary>
    public Lazy<BitArray?> Choose(IReadOnlyList<string> locations, int? count, string purpose = "sample") =>
        new(() => count is { } wanted ? Choose(locations, wanted, purpose) : null);

    /// <summary>
    /// Converts the (chosen) records of some files to instruction records. <paramref name="convert"/> is called on
    /// several threads; it adds its results to the batch, and enters in the record's tally what it leaves out. If
    /// <paramref name="countsUnits"/>, it enters units read and kept as well; otherwise a record is a unit, kept unless
    /// it was skipped. A batch must not be used any more when the next one is asked for.
    /// </summary>
    /// <param name="quick">A short cut for common records that gives the same result; see its own remarks.</param>
    public IEnumerable<RecordBatch> Records(
        IReadOnlyList<string> locations, Lazy<BitArray?>? chosen, Action<SourceRecord, RecordBatch> convert,
        bool countsUnits = false, QuickConversion? quick = null)
    {
        var idle = new ConcurrentBag<RecordBatch>();
        var batches = Pieces(
            locations, chosen, () => idle.TryTake(out var batch) ? batch : new RecordBatch(Settings.Ascii), convert,
            countsUnits, quick);
        foreach (var batch in batches)
        {
            yield return batch;
            batch.Clear();
            idle.Add(batch);
        }
    }

    /// <summary>The same for results of any other kind.</summary>
    public IEnumerable<T> Map<T>(
        IReadOnlyList<string> locations, Lazy<BitArray?>? chosen, Action<SourceRecord, List<T>> convert,
        bool countsUnits = false)
    {
        var pieces = Pieces(locations, chosen, () => new ResultList<T>(),
            (source, results) => convert(source, results.Items), countsUnits, quick: null);
        return pieces.SelectMany(results => results.Items);
    }

    /// <summary>A raw file's size and hash, if all of it went through this run.</summary>
    internal ManifestFile? Measured(string path) => _measured.GetValueOrDefault(path);

    private BitArray? Choose(IReadOnlyList<string> locations, int wanted, string purpose)
    {
        var total = checked((int)locations.Sum(RecordFile.Count));
        if (wanted >= total)
        {
            if (wanted > total)
                Tally.Warn("sample_larger_than_data", new RecordOrigin(locations[0], 1));
            return null;
        }
        var chosen = new BitArray(total);
        foreach (var index in new SeededRandom(Settings.Seed, $"{Card.Slug}/{purpose}").Sample(total, wanted))
            chosen[index] = true;
        return chosen;
    }

    private IEnumerable<TResults> Pieces<TResults>(
        IReadOnlyList<string> locations, Lazy<BitArray?>? chosen, Func<TResults> begin,
        Action<SourceRecord, TResults> convert, bool countsUnits, QuickConversion? quick)
        where TResults : IConversionResults
    {
        _inputs.AddRange(locations.Where(location => !_inputs.Contains(location)));
        var pieces = OrderedParallel.Map(Read(locations, chosen?.Value), piece =>
        {
            var (tally, results) = (new Tally(), begin());
            using (piece.Chunk)
                Convert(piece, tally, results, convert, countsUnits, quick);
            return (tally, results);
        }, Settings.Threads, Cancellation);
        foreach (var (tally, results) in pieces)
        {
            Tally.Add(tally);
            if (Settings.SkipInvalid > 0)
                Tally.Limit(Settings.SkipInvalid, Raw.Path);
            yield return results;
        }
    }

    private IEnumerable<Piece> Read(IReadOnlyList<string> locations, BitArray? chosen)
    {
        long position = 0, ordinal = 0;
        foreach (var location in locations)
        {
            foreach (var chunk in RecordFile.ReadChunks(
                location, file => _measured[location] = file, Settings.Threads))
            {
                yield return new Piece(chunk, chosen, position, ordinal);
                for (var i = 0; chosen is not null && i < chunk.Records.Count; i++)
                    ordinal += chosen[(int)(position + i)] ? 1 : 0;
                ordinal += chosen is null ? chunk.Records.Count : 0;
                position += chunk.Records.Count;
            }
        }
    }

    private void Convert<TResults>(
        Piece piece, Tally tally, TResults results, Action<SourceRecord, TResults> convert, bool countsUnits,
        QuickConversion? quick)
        where TResults : IConversionResults
    {
        var records = piece.Chunk.Records;
        tally.Warn("blank_line", records.Count > 0 ? records[0].Origin : default, piece.Chunk.BlankLines);
        if (records is [{ Index: 0, Origin: { Element: null } first }, _, ..] && IsJsonArray(first.Path))
            tally.Warn("json_lines_in_place_of_an_array", first);
        var ordinal = piece.Ordinal;
        for (var i = 0; i < records.Count; i++)
        {
            if (piece.Chosen is not null && !piece.Chosen[(int)(piece.Position + i)])
                continue;
            var raw = records[i];
            if (quick is not null && results is RecordBatch batch && Utf8.IsValid(raw.Utf8.Span) &&
                quick(raw, ordinal, tally, batch))
            {
                if (!countsUnits)
                    (tally.Read, tally.Kept) = (tally.Read + 1, tally.Kept + 1);
            }
            else
                ConvertOne(raw, ordinal, tally, results, convert, countsUnits);
            ordinal++;
        }
    }

    private static bool IsJsonArray(string path) => path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ||
        path.EndsWith(".json.gz", StringComparison.OrdinalIgnoreCase);

    private void ConvertOne<TResults>(
        RawRecord raw, long ordinal, Tally tally, TResults results, Action<SourceRecord, TResults> convert,
        bool countsUnits)
        where TResults : IConversionResults
    {
        var before = (tally.Read, tally.Kept, Skipped: tally.Skipped.Values.Sum(), Results: results.Count);
        try
        {
            using var document = Parse(raw, tally);
            var source = new SourceRecord
            {
                Root = document.RootElement,
                Origin = raw.Origin,
                Ordinal = ordinal,
                Dataset = Card.Slug,
                Tally = tally,
            };
            convert(source, results);
            if (!countsUnits)
            {
                tally.Read++;
                tally.Kept += results.Count - before.Results;
            }
        }
        catch (RecordException fault) when (Settings.SkipInvalid > 0)
        {
            // Whatever part of the record went through already is taken back: it counts as one unusable unit.
            results.Truncate(before.Results);
            (tally.Read, tally.Kept) = (before.Read + 1 + tally.Skipped.Values.Sum() - before.Skipped, before.Kept);
            tally.SkipInvalid(fault);
        }
    }

    private System.Text.Json.JsonDocument Parse(RawRecord raw, Tally tally)
    {
        bool repeatedKeys, invalidUtf8 = false;
        var document = Settings.StrictUtf8
            ? JsonRecord.Parse(raw, out repeatedKeys)
            : JsonRecord.ParseReplacing(raw, out repeatedKeys, out invalidUtf8);
        if (repeatedKeys)
            tally.Warn(RecordWarning.RepeatedKey, raw.Origin);
        if (invalidUtf8)
        {
            tally.Normalise("invalid_utf8", raw.Origin);
            tally.Warn(RecordWarning.ChangedText, raw.Origin);
        }
        return document;
    }

    private readonly record struct Piece(JsonChunk Chunk, BitArray? Chosen, long Position, long Ordinal);

    private sealed class ResultList<T> : IConversionResults
    {
        public List<T> Items { get; } = [];

        public int Count => Items.Count;

        public void Truncate(int count) => Items.RemoveRange(count, Items.Count - count);
    }
}
