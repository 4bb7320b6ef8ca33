using System.Xml.Linq;
using Caravan.Text;
using Caravan.Training.Report;

namespace Caravan.Training.Tests.Report;

public sealed class RunReportTests
{
    private const string Hostile =
        "</p><script>alert(1)</script><img src=x onerror='alert(2)'>\" & \0\ud800 \u001b[31m";

    [Fact]
    public void Page_WithEveryPart_IsWellFormed()
    {
        var main = ParseMain(RunReport.ToHtml(Complete()));
        Assert.Equal(
            ["Training", "Right answers by kind of task", "Sample conversations", "Data", "Configuration",
                "Environment"],
            main.Descendants("h2").Select(heading => heading.Value));
        Assert.Equal(3, main.Descendants("figure").Count());
    }

    [Fact]
    public void Page_Written_LoadsNothing()
    {
        var page = RunReport.ToHtml(Complete());
        Assert.Contains("default-src 'none'", page);
        foreach (var reference in new[]
            { "http:", "https:", "//", "src=", "href=", "url(", "@import", "<script", "<link" })
            Assert.DoesNotContain(reference, page);
    }

    [Fact]
    public void Page_OnlyTitle_HasNoEmptyParts()
    {
        var main = ParseMain(RunReport.ToHtml(new RunReportData { Title = "A run" }));
        Assert.Equal(["h1", "footer"], main.Elements().Select(element => element.Name.LocalName));
    }

    [Fact]
    public void HostileText_Everywhere_StaysText()
    {
        KeyValuePair<string, string>[] facts = [new(Hostile, Hostile)];
        var main = ParseMain(RunReport.ToHtml(new RunReportData
        {
            Title = Hostile,
            Summary = Hostile,
            Highlights = facts,
            TaskScores = [new TaskScore(Hostile, 1, 2, 3)],
            Samples = [new SampleConversation(Hostile, [new ChatMessage(Hostile, Hostile)])],
            DataStatistics = new ReportTable([Hostile, Hostile], [[Hostile, Hostile]]),
            Configuration = facts,
            Environment = facts,
        }));
        Assert.Empty(main.Descendants("script"));
        Assert.Empty(main.Descendants("img"));
        var shown = Hostile.Replace('\0', '\ufffd').Replace('\ud800', '\ufffd').Replace('\u001b', '\ufffd');
        Assert.Equal(16, main.DescendantNodes().OfType<XText>().Count(text => text.Value == shown));
    }

    [Fact]
    public void Message_WithLinesAndIndents_KeepsThem()
    {
        const string answer = "def f(x):\n    return x < 1 && x > 0\n";
        var main = ParseMain(RunReport.ToHtml(new RunReportData
        {
            Title = "A run",
            Samples = [new SampleConversation("code", [new ChatMessage("assistant", answer)])],
        }));
        Assert.Equal(answer, main.Descendants("section").Descendants("p").Single().Value);
    }

    [Fact]
    public void Loss_NotFinite_LeavesAGap()
    {
        var steps = Complete().Steps.Select(step => step.Step % 7 == 0 ? step with { Loss = double.NaN } : step);
        var page = RunReport.ToHtml(Complete() with { Steps = [.. steps] });
        Assert.DoesNotContain("NaN", page);
        Assert.Equal(200 - 28, Polyline(ParseMain(page), "raw").Length);
    }

    [Fact]
    public void LossCurve_Drawn_FallsAsTheLossFalls()
    {
        var heights = Polyline(ParseMain(RunReport.ToHtml(Complete())), "smooth").Select(point => point.Y).ToArray();
        Assert.Equal(200, heights.Length);
        Assert.True(heights.Zip(heights.Skip(1)).All(pair => pair.First <= pair.Second)); // SVG's y points down
        Assert.All(heights, y => Assert.InRange(y, 0, 300));
    }

    [Theory]
    [InlineData(0, 0, 4, "0.0%", "0.0% ± 0.0")]
    [InlineData(1, 3, 4, "25.0%", "75.0% ± 21.7")] // √(0.75 · 0.25 / 4) = 0.2165
    [InlineData(0, 0, 0, "0.0%", "0.0% ± 0.0")]
    public void TaskScore_Shown_HasSharesAndStandardError(int before, int after, int total, string left, string right)
    {
        var data = new RunReportData { Title = "A run", TaskScores = [new TaskScore("sorting", before, after, total)] };
        var cells = ParseMain(RunReport.ToHtml(data)).Descendants("td").Select(cell => cell.Value).ToArray();
        Assert.Equal(["", left, right, $"{total}"], cells);
    }

    [Fact]
    public void TaskScores_SeveralKinds_EndWithAllTogether()
    {
        var last = ParseMain(RunReport.ToHtml(Complete())).Descendants("tr").Last(row =>
            (string?)row.Attribute("class") == "all");
        Assert.Equal("All", last.Elements().First().Value);
        Assert.Equal("85.0% ± 3.6", last.Elements().ElementAt(3).Value);
    }

    [Fact]
    public void Write_ToNewFolder_MakesOneFile()
    {
        var folder = Directory.CreateTempSubdirectory("caravan-report-");
        var path = Path.Combine(folder.FullName, "run", "report.html");
        RunReport.Write(path, Complete());
        Assert.Equal(RunReport.ToHtml(Complete()), File.ReadAllText(path));
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(path)!));
        folder.Delete(recursive: true);
    }

    private static RunReportData Complete() => new()
    {
        Title = "Quickstart",
        Summary = "A small LLaMA, trained from nothing.",
        Highlights = [new("Exact match", "2.0% → 85.0%")],
        Steps = [.. Enumerable.Range(1, 200).Select(i =>
            new ReportStep(i, 6 * Math.Exp(-i / 60.0), 1e-3 * (200 - i) / 200, 11_000 + i % 10))],
        HeldOutLoss = [new HeldOutPoint(0, 6.2), new HeldOutPoint(200, 0.3)],
        TaskScores = [new TaskScore("sorting", 2, 45, 50), new TaskScore("spelling", 0, 40, 50)],
        Samples =
            [new SampleConversation(
                "sorting", [new ChatMessage("user", "Sort 2 1."), new ChatMessage("assistant", "1 2")])],
        DataStatistics = new ReportTable(["kind", "records"], [["sorting", "1,200"]]),
        Configuration = [new("learning_rate", "0.001")],
        Environment = [new("libtorch", "1.13.0")],
    };

    private static XElement ParseMain(string page)
    {
        var start = page.IndexOf("<main>", StringComparison.Ordinal);
        var end = page.IndexOf("</main>", StringComparison.Ordinal) + "</main>".Length;
        return XElement.Parse(page[start..end], LoadOptions.PreserveWhitespace);
    }

    private static (double X, double Y)[] Polyline(XElement main, string style) =>
        [.. main.Descendants("polyline").First(line => (string?)line.Attribute("class") == style)
            .Attribute("points")!.Value.Split(' ')
            .Select(point => point.Split(','))
            .Select(parts => (double.Parse(parts[0]), double.Parse(parts[1])))];
}
