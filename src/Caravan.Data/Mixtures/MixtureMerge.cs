using Caravan.Data.Edits;
using Caravan.Data.Filters;
using Caravan.Data.Json;
using Caravan.Data.Sources;
using Caravan.Files;

namespace Caravan.Data.Mixtures;

/// <summary>
/// Puts a mixture's lines into one file, and those that a filter rejects into another. A line is copied as it stands
/// unless an edit changes its record.
/// </summary>
internal sealed class MixtureMerge(Mixture mixture, IReadOnlyList<LineIndex> indexes, bool ascii)
{
    private readonly JsonLine _changed = new(ascii);
    private readonly IReadOnlyList<RecordFilter>[] _filters =
        [.. mixture.Parts.Select(part => mixture.Unfiltered.Contains(part.Name) ? [] : mixture.Filters)];
    private readonly RecordEdit[][] _edits =
    [
        .. mixture.Parts.Select(RecordEdit[] (part) =>
            part.Source is { } source ? [.. mixture.Edits, MemberEdits.Source(source)] : [.. mixture.Edits]),
    ];
    private byte[] _buffer = new byte[1 << 16];

    /// <summary>How many records of each part each filter rejected.</summary>
    public IReadOnlyList<SortedDictionary<string, long>> Filtered { get; } =
        [.. mixture.Parts.Select(_ => new SortedDictionary<string, long>(StringComparer.Ordinal))];

    /// <summary>How many records each edit changed.</summary>
    public SortedDictionary<string, long> Edited { get; } = new(StringComparer.Ordinal);

    /// <summary>Writes the lines in this order; the rejected ones' file is there only if there are filters.</summary>
    public void Write(
        IEnumerable<(int Part, int Line)> order, string output, string rejects, CancellationToken cancellation)
    {
        File.Delete(rejects);
        AtomicFile.Write(output, stream => AtomicFile.Write(rejects, rejected =>
        {
            var kept = new BufferedStream(stream, 1 << 16);
            var refused = new BufferedStream(rejected, 1 << 16);
            foreach (var (part, line) in order)
            {
                cancellation.ThrowIfCancellationRequested();
                WriteOne(part, line, kept, refused);
            }
            kept.Flush();
            refused.Flush();
        }));
        if (mixture.Filters.Count == 0)
            File.Delete(rejects);
    }

    private void WriteOne(int part, int line, Stream kept, Stream refused)
    {
        var text = indexes[part].Read(line, ref _buffer);
        var (filters, edits) = (_filters[part], _edits[part]);
        if (filters.Count + edits.Length == 0)
        {
            Copy(text.Span, kept);
            return;
        }
        var record = indexes[part].Parse(line, text);
        if (filters.FirstOrDefault(filter => filter.Rejects(record)) is { } rejecting)
        {
            Count(Filtered[part], rejecting.Name);
            Copy(text.Span, refused);
            return;
        }
        var edited = Apply(edits, record);
        if (ReferenceEquals(edited, record))
        {
            Copy(text.Span, kept);
            return;
        }
        _changed.Clear();
        InstructionWriter.Append(_changed, edited);
        kept.Write(_changed.Written);
    }

    private InstructionRecord Apply(RecordEdit[] edits, InstructionRecord record)
    {
        foreach (var edit in edits)
        {
            var result = edit.Apply(record);
            if (!ReferenceEquals(result, record))
                Count(Edited, edit.Name);
            record = result;
        }
        return record;
    }

    private static void Copy(ReadOnlySpan<byte> line, Stream target)
    {
        target.Write(line);
        target.WriteByte((byte)'\n');
    }

    private static void Count(SortedDictionary<string, long> counts, string name) =>
        counts[name] = counts.GetValueOrDefault(name) + 1;
}
