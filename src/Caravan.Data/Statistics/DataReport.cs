using System.Globalization;
using System.Net;
using System.Text;
using Caravan.Data.Lineage;
using Caravan.Files;

namespace Caravan.Data.Statistics;

/// <summary>
/// One HTML file, readable offline, about a file of records: its numbers, histograms of lengths, and, if there is a
/// manifest, where it comes from and what was left out.
/// </summary>
public static class DataReport
{
    private const int Bars = 40;
    private const int Width = 720;
    private const int Height = 160;

    private const string Head = """
        <!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <style>
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
          color:#222;background:#fff}
        table{border-collapse:collapse;margin:1rem 0}
        th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #ddd}
        th:first-child,td:first-child{text-align:left}rect{fill:#4a7ab5}text{font-size:11px;fill:#555}
        @media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}th,td{border-color:#444}text{fill:#aaa}}
        </style>

        """;

    public static void Write(string path, string title, MessageStatistics statistics, Manifest? manifest)
    {
        var html = new StringBuilder(Head);
        html.Append($"<title>{Text(title)}</title>\n<h1>{Text(title)}</h1>\n");
        Numbers(html, statistics);
        if (manifest is not null)
            Origin(html, manifest);
        AtomicFile.WriteText(path, html.ToString());
    }

    private static void Numbers(StringBuilder html, MessageStatistics statistics)
    {
        html.Append($"<p>{statistics.NumInstances} records, {Number(statistics.AverageRounds)} rounds each. " +
            $"Lengths are in {Text(statistics.LengthUnit)}.</p>\n");
        Table(html, ["", "count", "mean", "std", "min", "25%", "50%", "75%", "max"],
            ("messages of a record", statistics.TurnsSummary), ("user messages", statistics.UserPromptLengthsSummary),
            ("assistant messages", statistics.AssistantResponseLengthsSummary),
            ("records", statistics.TotalLengthsSummary));
        Histogram(html, statistics.TotalLengths, statistics.LengthUnit);
        Counts(html, "Longer than", statistics.NumInstancesWithTotalLengthGt);
        Counts(html, "Datasets", statistics.Datasets);
        Counts(html, "Warnings", statistics.Warnings);
    }

    private static void Table(
        StringBuilder html, IReadOnlyList<string> header, params IReadOnlyList<(string Name, Distribution Values)> rows)
    {
        html.Append($"<table><tr>{string.Concat(header.Select(cell => $"<th>{cell}"))}\n");
        foreach (var (name, of) in rows)
        {
            double?[] cells = [of.Count, of.Mean, of.Std, of.Min, of.Q25, of.Q50, of.Q75, of.Max];
            html.Append($"<tr><td>{name}{string.Concat(cells.Select(cell => $"<td>{Number(cell)}"))}\n");
        }
        html.Append("</table>\n");
    }

    private static void Counts(StringBuilder html, string title, IReadOnlyDictionary<string, long> counts)
    {
        if (counts.Count == 0)
            return;
        html.Append($"<table><tr><th>{title}<th>records\n");
        foreach (var (name, count) in counts)
            html.Append($"<tr><td>{Text(name)}<td>{count}\n");
        html.Append("</table>\n");
    }

    private static void Histogram(StringBuilder html, IReadOnlyList<int> values, string unit)
    {
        if (values.Count == 0)
            return;
        var sorted = values.Order().ToArray();
        // The longest hundredth shares the last bar, or it would flatten all others.
        var top = Math.Max(1, sorted[(int)(0.99 * (sorted.Length - 1))]);
        var bars = new int[Bars];
        foreach (var value in sorted)
            bars[Math.Min(Bars - 1, (int)((long)value * Bars / (top + 1L)))]++;
        var highest = bars.Max();
        html.Append($"<svg viewBox=\"0 0 {Width} {Height + 20}\" width=\"100%\" role=\"img\">" +
            $"<title>Records by length in {Text(unit)}</title>\n");
        for (var i = 0; i < Bars; i++)
        {
            var height = (double)Height * bars[i] / highest;
            html.Append(
                $"<rect x=\"{i * Width / Bars}\" y=\"{Number(Height - height)}\" width=\"{Width / Bars - 2}\" " +
                $"height=\"{Number(height)}\"><title>from {(long)i * (top + 1) / Bars}: {bars[i]}</title></rect>\n");
        }
        html.Append($"<text x=\"0\" y=\"{Height + 15}\">0</text>" +
            $"<text x=\"{Width}\" y=\"{Height + 15}\" text-anchor=\"end\">{top} {Text(unit)} and more</text></svg>\n");
    }

    private static void Origin(StringBuilder html, Manifest manifest)
    {
        html.Append($"<h2>Where it comes from</h2>\n<p>Licence: {Text(manifest.Licence.Name)}. Seed {manifest.Seed}. " +
            $"SHA-256 of the data: <code>{Text(manifest.Output.Sha256)}</code>.</p>\n");
        if (manifest.Parts.Count > 0)
        {
            html.Append("<table><tr><th>part<th>licence<th>amount<th>there<th>taken<th>filtered\n");
            foreach (var part in manifest.Parts)
            {
                html.Append(
                    $"<tr><td>{Text(part.Source.Dataset)}<td>{Text(part.Source.Licence.Name)}<td>{Text(part.Amount)}" +
                    $"<td>{part.Available}<td>{part.Taken}<td>{part.Filtered}\n");
            }
            html.Append("</table>\n");
        }
        foreach (var source in manifest.Parts.Select(part => part.Source).Prepend(manifest))
        {
            if (source.Inputs.Count > 0)
            {
                html.Append($"<h3>{Text(source.Dataset)}</h3>\n<p>{source.Read} {Text(source.Unit)}s read, " +
                    $"{source.Kept} kept, {source.Written} records written.</p>\n<ul>\n");
                foreach (var file in source.Inputs)
                    html.Append(
                        $"<li>{Text(file.Name)}, {ByteSize.Format(file.Bytes)}, <code>{Text(file.Sha256)}</code>\n");
                html.Append("</ul>\n");
            }
            Counts(html, "Skipped", source.Skipped);
            Counts(html, "Changed", source.Normalised);
        }
    }

    private static string Number(double? value) =>
        value is { } number ? number.ToString("0.##", CultureInfo.InvariantCulture) : "–";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
