using System.Text;
using Caravan.Files;

namespace Caravan.Training.Report;

/// <summary>
/// Writes what came of a run as one HTML file that needs nothing else: no script, no font, no picture, no network. Its
/// content policy forbids browsers to load or run anything, whatever a model wrote.
/// </summary>
public static class RunReport
{
    private const int LossHeight = 300, SmallHeight = 300;
    private const int SmoothingShare = 60; // a 30th of the run, half of it on either side, sees through the noise

    /// <summary>Writes the report; the name appears when all of it is on the disk.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, RunReportData data) => AtomicFile.WriteText(path, ToHtml(data));

    internal static string ToHtml(RunReportData data)
    {
        var page = new StringBuilder();
        page.Append($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Html.Escape(data.Title)}</title>
            <style>
            {ReportStyle.Css}
            </style>
            </head>
            <body>
            <main>
            <h1>{Html.Escape(data.Title)}</h1>

            """);
        if (data.Summary.Length > 0)
            page.Append($"<p class=\"quiet\">{Html.Escape(data.Summary)}</p>\n");
        AppendHighlights(page, data.Highlights);
        AppendCurves(page, data);
        AppendTaskScores(page, data.TaskScores);
        AppendSamples(page, data.Samples);
        AppendTable(page, "Data", data.DataStatistics);
        AppendTable(page, "Data files", data.DataSources);
        AppendFacts(page, "Configuration", data.Configuration);
        AppendFacts(page, "Environment", data.Environment);
        page.Append("<footer>Written by Caravan. This page is complete in itself: it loads nothing and runs no " +
            "script.</footer>\n");
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void AppendHighlights(StringBuilder page, IReadOnlyList<KeyValuePair<string, string>> highlights)
    {
        if (highlights.Count == 0)
            return;
        page.Append("<dl class=\"highlights\">\n");
        foreach (var (name, value) in highlights)
            page.Append($"<div><dt>{Html.Escape(name)}</dt><dd>{Html.Escape(value)}</dd></div>\n");
        page.Append("</dl>\n");
    }

    private static void AppendCurves(StringBuilder page, RunReportData data)
    {
        var loss = Points(data.Steps, step => step.Loss);
        var heldOut = data.HeldOutLoss.Select(point => new Point(point.Step, point.Loss))
            .Where(point => double.IsFinite(point.Y)).ToArray();
        if (loss.Length == 0 && heldOut.Length == 0)
            return;
        var reach = loss.Length / SmoothingShare;
        var smooth = Curve.Smooth(loss, reach);
        var chart = new LineChart("Training loss by update", LossHeight, y => $"{y:0.###}")
            .Line("raw", loss, setsScale: false);
        var keys = Key("raw", "each update") + Key("smooth", $"mean of {2 * reach + 1} updates")
            + (heldOut.Length > 0 ? Key("dot", "held out") : "");
        if (data.Comparison is { } other)
        {
            var otherLoss = Points(other.Steps, step => step.Loss);
            chart.Line("other", Curve.Smooth(otherLoss, otherLoss.Length / SmoothingShare));
            keys += Key("other", $"{Html.Escape(other.Name)}{HeldOutOf(other)}");
        }
        chart.Line("smooth", smooth).Dots(heldOut);
        page.Append("<h2>Training</h2>\n");
        AppendFigure(page, "Loss per target token, by update", keys, chart);
        var rate = Points(data.Steps, step => step.LearningRate);
        var speed = Points(data.Steps, step => step.TokensPerSecond);
        if (rate.Length == 0)
            return;
        page.Append("<div class=\"pair\">\n");
        AppendFigure(page, "Learning rate, by update", "",
            new LineChart("Learning rate by update", SmallHeight, FormatRate).Line("smooth", rate));
        AppendFigure(page, "Tokens per second, by update", "",
            new LineChart("Tokens per second by update", SmallHeight, FormatSpeed)
                .Line("raw", speed, setsScale: false).Line("smooth", Curve.Smooth(speed, reach)));
        if (data.Steps.Any(step => step.MemoryGibibytes > 0))
        {
            AppendFigure(page, "Memory in GiB, by update", "",
                new LineChart("Memory by update", SmallHeight, y => $"{y:0.##}")
                    .Line("smooth", Points(data.Steps, step => step.MemoryGibibytes)));
        }
        page.Append("</div>\n");
        if (data.Comparison is { ChangedKeys.Count: > 0 } changed)
        {
            AppendTable(page, "Compared with " + Html.Escape(changed.Name), new ReportTable(
                ["key", "here", "there"],
                    [.. changed.ChangedKeys.Select(key => (IReadOnlyList<string>)[key.Key, key.Here, key.There])]));
        }
    }

    private static string HeldOutOf(ReportComparison run) =>
        run.HeldOutLoss.Count == 0 ? "" : $", held out {run.HeldOutLoss[^1].Loss:0.000}";

    private static Point[] Points(IReadOnlyList<ReportStep> steps, Func<ReportStep, double> value) =>
        [.. steps.Select(step => new Point(step.Step, value(step))).Where(point => double.IsFinite(point.Y))];

    private static void AppendFigure(StringBuilder page, string caption, string keys, LineChart chart) =>
        page.Append($"<figure><figcaption><b>{caption}</b><span>{keys}</span></figcaption>\n")
            .Append($"{chart.ToSvg()}</figure>\n");

    private static string Key(string style, string text) =>
        $"<span class=\"key\"><i class=\"k-{style}\"></i>{text}</span>";

    private static string FormatRate(double rate) => rate == 0 ? "0" : rate.ToString("0.##e0");

    private static string FormatSpeed(double speed) => speed >= 1000 ? $"{speed / 1000:0.#}k" : $"{speed:0.#}";

    private static void AppendTaskScores(StringBuilder page, IReadOnlyList<TaskScore> scores)
    {
        if (scores.Count == 0)
            return;
        page.Append("<h2>Right answers by kind of task</h2>\n<p class=\"quiet\">")
            .Append("Held-out prompts, greedy decoding, exact match; ± one standard error. ")
            .Append(Key("before", "before training")).Append(Key("after", "after")).Append("</p>\n")
            .Append("<div class=\"scroll\"><table><thead><tr><th>Kind</th><th class=\"bars\"></th>")
            .Append("<th class=\"number\">Before</th><th class=\"number\">After</th>")
            .Append("<th class=\"number\">Prompts</th></tr></thead>\n<tbody>\n");
        foreach (var score in scores)
            AppendTaskScore(page, score, "");
        if (scores.Count > 1)
        {
            AppendTaskScore(page, new TaskScore("All", scores.Sum(score => score.CorrectBefore),
                scores.Sum(score => score.CorrectAfter), scores.Sum(score => score.Total)), " class=\"all\"");
        }
        page.Append("</tbody></table></div>\n");
    }

    private static void AppendTaskScore(StringBuilder page, TaskScore score, string attributes)
    {
        var before = Share(score.CorrectBefore, score.Total);
        var after = Share(score.CorrectAfter, score.Total);
        var error = score.Total == 0 ? 0 : 100 * Math.Sqrt(after / 100 * (1 - after / 100) / score.Total);
        page.Append($"""<tr{attributes}><th scope="row">{Html.Escape(score.Kind)}</th><td class="bars">""")
            .Append("""<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">""")
            .Append("""<rect class="track" width="100" height="10"/>""")
            .Append($"""<rect class="before" width="{before:0.##}" height="3.5"/>""")
            .Append($"""<rect class="after" y="3.5" width="{after:0.##}" height="6.5"/></svg></td>""")
            .Append($"""<td class="number">{before:0.0}%</td><td class="number">{after:0.0}% """)
            .Append($"""<span class="quiet">± {error:0.0}</span></td><td class="number">{score.Total}</td></tr>""")
            .Append('\n');
    }

    private static double Share(int correct, int total) => total == 0 ? 0 : 100.0 * correct / total;

    private static void AppendSamples(StringBuilder page, IReadOnlyList<SampleConversation> samples)
    {
        if (samples.Count == 0)
            return;
        page.Append("<h2>Sample conversations</h2>\n");
        foreach (var sample in samples)
        {
            page.Append($"<section class=\"sample\"><h3>{Html.Escape(sample.Title)}</h3>\n");
            foreach (var message in sample.Messages)
            {
                var style = message.Role == "assistant" ? "turn assistant" : "turn";
                page.Append($"<div class=\"{style}\"><span>{Html.Escape(message.Role)}</span>")
                    .Append($"<p dir=\"auto\">{Html.Escape(message.Content)}</p></div>\n");
            }
            page.Append("</section>\n");
        }
    }

    private static void AppendTable(StringBuilder page, string title, ReportTable? table)
    {
        if (table is null || table.Rows.Count == 0)
            return;
        page.Append($"<h2>{title}</h2>\n<div class=\"scroll\"><table><thead><tr>");
        for (var i = 0; i < table.Columns.Count; i++)
            page.Append($"<th{(i > 0 ? " class=\"number\"" : "")}>{Html.Escape(table.Columns[i])}</th>");
        page.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            page.Append($"<tr><th scope=\"row\">{Html.Escape(row[0])}</th>");
            foreach (var cell in row.Skip(1))
                page.Append($"<td class=\"number\">{Html.Escape(cell)}</td>");
            page.Append("</tr>\n");
        }
        page.Append("</tbody></table></div>\n");
    }

    private static void AppendFacts(StringBuilder page, string title, IReadOnlyList<KeyValuePair<string, string>> facts)
    {
        if (facts.Count == 0)
            return;
        page.Append($"<h2>{title}</h2>\n<table class=\"facts\"><tbody>\n");
        foreach (var (name, value) in facts)
            page.Append($"<tr><th scope=\"row\">{Html.Escape(name)}</th><td>{Html.Escape(value)}</td></tr>\n");
        page.Append("</tbody></table>\n");
    }
}
