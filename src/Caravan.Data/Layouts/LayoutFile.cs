using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Datasets.Instruction;
using Caravan.Data.Json;
using Caravan.Data.Parquet;
using Caravan.Data.Sources;
using Caravan.Data.Tables;
using Caravan.Files;

namespace Caravan.Data.Layouts;

/// <summary>
/// Converts files of records between layouts and formats: the layout of the input is found out record by record, the
/// format of the output is its name's ending.
/// </summary>
public static class LayoutFile
{
    /// <summary>The names of the layouts that can be written.</summary>
    public static IReadOnlyList<string> Layouts { get; } = [.. RecordLayout.All.Select(layout => layout.Name)];

    /// <summary>Converts a file.</summary>
    /// <param name="skipInvalid">How many records may be skipped that are unusable or do not fit the layout.</param>
    /// <returns>The books; what is kept is written.</returns>
    /// <exception cref="BadInputException">The layout, the format or a record cannot be had.</exception>
    public static Tally Convert(
        string input, string output, string layoutName, bool ascii = false, long skipInvalid = 0,
        CancellationToken cancellation = default)
    {
        var layout = RecordLayout.Find(layoutName);
        var tally = new Tally();
        var records = Read(input, tally, skipInvalid, cancellation);
        var extension = Path.GetExtension(output).ToLowerInvariant();
        switch (extension)
        {
            case ".jsonl" or ".json":
                AtomicFile.Write(output, stream =>
                    WriteJson(stream, Fitting(records, layout, tally, skipInvalid, ascii), extension == ".json"));
                break;
            case ".parquet" when layout is TableLayout table:
                AtomicFile.Write(output, stream =>
                {
                    using var writer = new ParquetWriter(stream, table.Columns);
                    foreach (var row in Fitting(records, tally, skipInvalid, table.Row))
                        writer.Add(row);
                });
                break;
            case ".csv" or ".xlsx" when layout is TableLayout { IsFlat: true } table:
                var header = table.Columns.Select(column => column.Name).ToList();
                var rows = Fitting(records, tally, skipInvalid, table.Row)
                    .Select(row => row.Select(value => value.Text!).ToList());
                AtomicFile.Write(output, stream => Write(stream, extension, rows.Prepend(header)));
                break;
            default:
                throw new BadInputException(
                    $"{output}: the layout {layout.Name} cannot be written in this format. JSON Lines (.jsonl) and " +
                    "JSON arrays (.json) take any; .parquet any but oasst; .csv and .xlsx alpaca, dolly and " +
                    "prompt-completion.");
        }
        tally.Verify();
        return tally;
    }

    private static void Write(Stream stream, string extension, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (extension == ".csv")
            CsvTable.Write(stream, rows);
        else
            XlsxWriter.Write(stream, rows);
    }

    private static void WriteJson(Stream stream, IEnumerable<ReadOnlyMemory<byte>> records, bool array)
    {
        var buffered = new BufferedStream(stream, 1 << 16);
        buffered.Write(array ? "["u8 : default);
        var first = true;
        foreach (var record in records)
        {
            if (array)
                buffered.Write(first ? "\n"u8 : ",\n"u8);
            buffered.Write(record.Span);
            if (!array)
                buffered.Write("\n"u8);
            first = false;
        }
        buffered.Write(array ? "\n]\n"u8 : default);
        buffered.Flush();
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Fitting(
        IEnumerable<InstructionRecord> records, RecordLayout layout, Tally tally, long skipInvalid, bool ascii)
    {
        var line = new JsonLine(ascii);
        return Fitting(records, tally, skipInvalid, record =>
        {
            line.Clear();
            layout.Append(line, record);
            return (ReadOnlyMemory<byte>)line.Written.ToArray();
        });
    }

    private static IEnumerable<T> Fitting<T>(
        IEnumerable<InstructionRecord> records, Tally tally, long skipInvalid, Func<InstructionRecord, T> fit)
        where T : notnull
    {
        foreach (var record in records)
        {
            T result;
            try
            {
                result = fit(record);
            }
            catch (RecordException fault) when (skipInvalid > 0)
            {
                Skip(fault, tally, skipInvalid);
                continue;
            }
            tally.Kept++;
            tally.Written++;
            yield return result;
        }
    }

    // Units are conversations; a raw record that is unusable counts as one.
    private static IEnumerable<InstructionRecord> Read(
        string path, Tally tally, long skipInvalid, CancellationToken cancellation)
    {
        foreach (var raw in RecordFile.Read(path))
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<InstructionRecord> records;
            try
            {
                records = Parse(raw);
            }
            catch (RecordException fault) when (skipInvalid > 0)
            {
                tally.Read++;
                Skip(fault, tally, skipInvalid);
                continue;
            }
            foreach (var record in records)
            {
                tally.Read++;
                yield return record;
            }
        }
    }

    private static void Skip(RecordException fault, Tally tally, long allowed)
    {
        tally.SkipInvalid(fault);
        tally.Limit(allowed, fault.Origin.Path);
    }

    private static IReadOnlyList<InstructionRecord> Parse(RawRecord raw)
    {
        using var document = JsonRecord.Parse(raw, out _);
        if (SourceRecord.Find(document.RootElement, "prompt") is not { ValueKind: JsonValueKind.Object } root)
            return [InstructionParser.Parse(document.RootElement, raw)];
        var dataset = InstructionParser.FileStem(raw.Origin.Path);
        var source = new SourceRecord
        {
            Root = document.RootElement,
            Origin = raw.Origin,
            Ordinal = raw.Index,
            Dataset = dataset,
            Tally = new Tally(),
        };
        var tree = source.OptionalText("message_tree_id") ?? $"{dataset}_{raw.Index}";
        var paths = new ConversationTree(source, new ConversationTree.Rule()).Paths(root);
        // A tree of one branch keeps its name, so that a conversation that was made one comes back as it was.
        return [.. paths.Select((path, i) => new InstructionRecord(
            dataset, paths.Count == 1 ? tree : $"{tree}_{i}", path.Messages) { Origin = raw.Origin })];
    }
}
