using System.Globalization;
using System.Text;
using System.Text.Json;
using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Files;

namespace Caravan.Data.Decontamination;

/// <summary>What a search for benchmarks' questions found, and how many records it left.</summary>
/// <param name="Reports">One for each benchmark.</param>
/// <param name="Kept">Records in the cleaned file.</param>
/// <param name="Removed">Contaminated records.</param>
public sealed record CleanedData(IReadOnlyList<TestSetReport> Reports, long Kept, long Removed)
{
    /// <summary>
    /// Searches a file of records and writes into a folder: <c>NAME_decontaminated.jsonl</c>,
    /// <c>NAME_removed.jsonl</c> (with <c>contaminated_by</c>, the benchmarks), <c>matches.jsonl</c> (one line for each
    /// contaminated record and question), <c>contamination_report.tsv</c> (mean scores, one column for each benchmark)
    /// and <c>contamination_report.json</c> (all numbers of each).
    /// </summary>
    public static CleanedData Write(
        string file, IReadOnlyList<TestSet> sets, DecontaminationSettings settings, string folder,
        CancellationToken cancellation = default)
    {
        var search = new Decontaminator(sets, settings);
        var name = InstructionParser.FileStem(file);
        long kept = 0, removed = 0;
        var cleaned = Path.Combine(folder, $"{name}_decontaminated.jsonl");
        AtomicFile.Write(cleaned, clean =>
            AtomicFile.Write(Path.Combine(folder, $"{name}_removed.jsonl"), dirty =>
                AtomicFile.Write(Path.Combine(folder, "matches.jsonl"), matches =>
                {
                    using var keptWriter = new InstructionWriter(clean);
                    using var removedWriter = new InstructionWriter(dirty);
                    var line = new JsonLine(ascii: false);
                    foreach (var (record, found) in search.Search(InstructionFile.Read(file), cancellation))
                    {
                        if (found.Count == 0)
                            keptWriter.Write(record);
                        else
                            removedWriter.Write(WithReason(record, found));
                        (kept, removed) = found.Count == 0 ? (kept + 1, removed) : (kept, removed + 1);
                        foreach (var match in found)
                            WriteMatch(matches, line, match);
                    }
                })));
        AtomicFile.WriteText(Path.Combine(folder, "contamination_report.tsv"), Table(name, search.Reports));
        AtomicFile.WriteText(Path.Combine(folder, "contamination_report.json"),
            JsonSerializer.Serialize(search.Reports, ContaminationJson.Default.IReadOnlyListTestSetReport) + "\n");
        Manifest.SaveDerived(file, cleaned, name, 0, kept + removed, kept,
            removed > 0 ? new Dictionary<string, long> { ["contaminated"] = removed } : []);
        return new CleanedData(search.Reports, kept, removed);
    }

    private static InstructionRecord WithReason(InstructionRecord record, IReadOnlyList<Contamination> found)
    {
        var json = new JsonLine(ascii: false).Text("contaminated_by").Raw(": ["u8);
        var names = found.Select(match => match.TestSet).Distinct().ToList();
        for (var i = 0; i < names.Count; i++)
            json.Raw(i == 0 ? default : ", "u8).Text(names[i]);
        var reason = Encoding.UTF8.GetString(json.Raw("]"u8).Written);
        return record with { OtherKeys = record.OtherKeys is null ? reason : $"{record.OtherKeys}, {reason}" };
    }

    private static void WriteMatch(Stream stream, JsonLine line, Contamination match)
    {
        line.Clear();
        var numbers = string.Create(CultureInfo.InvariantCulture,
            $", \"question\": {match.Question}, \"record\": {match.Record}, \"score\": {match.Score:0.####}, \"id\": ");
        line.Raw("{\"test_set\": "u8).Text(match.TestSet).Raw(Encoding.UTF8.GetBytes(numbers))
            .Text(match.RecordId).Raw("}\n"u8);
        stream.Write(line.Written);
    }

    private static string Table(string name, IReadOnlyList<TestSetReport> reports)
    {
        var scores = reports.Select(report => report.MeanScore.ToString("0.0000", CultureInfo.InvariantCulture));
        var sets = reports.Select(report => report.TestSet);
        return $"\t{string.Join('\t', sets)}\n{name}\t{string.Join('\t', scores)}\n";
    }
}
