using System.Text.Json;
using Caravan.Files;

namespace Caravan.Training.Report;

/// <summary>Reads what a run left in its output directory for a report: <c>metrics.jsonl</c> and <c>run.json</c>.</summary>
public static class RunRecord
{
    /// <summary>Curves, configuration and environment of a run; the caller adds what else there is to show.</summary>
    /// <exception cref="BadInputException">A file is missing or damaged.</exception>
    public static RunReportData Read(string directory, string title)
    {
        var (steps, heldOut) = ReadMetrics(Path.Combine(directory, "metrics.jsonl"));
        using var run = Parse(Path.Combine(directory, "run.json"), 0, File.ReadAllText(Path.Combine(directory, "run.json")));
        return new RunReportData
        {
            Title = title,
            Highlights = Summarise(steps, heldOut),
            Steps = steps,
            HeldOutLoss = heldOut,
            Configuration = Facts(run.RootElement, "configuration"),
            Environment = Facts(run.RootElement, "environment"),
        };
    }

    private static (List<ReportStep> Steps, List<HeldOutPoint> HeldOut) ReadMetrics(string path)
    {
        var steps = new List<ReportStep>();
        var heldOut = new List<HeldOutPoint>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            using var document = Parse(path, ++number, line);
            var metrics = document.RootElement;
            if (metrics.TryGetProperty("eval_loss", out var loss))
                heldOut.Add(new HeldOutPoint(metrics.GetProperty("step").GetInt32(), loss.GetDouble()));
            else if (metrics.TryGetProperty("train_loss", out loss))
            {
                steps.Add(new ReportStep(
                    metrics.GetProperty("step").GetInt32(), loss.GetDouble(),
                    metrics.GetProperty("learning_rate").GetDouble(), metrics.GetProperty("tokens_per_second").GetDouble()));
            }
        }
        return (steps, heldOut);
    }

    private static JsonDocument Parse(string path, int line, string json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException error)
        {
            var place = line > 0 ? $"{path}:{line}" : path;
            throw new BadInputException($"{place}: this is not valid JSON ({error.Message}); was the file edited?", error);
        }
    }

    private static List<KeyValuePair<string, string>> Summarise(List<ReportStep> steps, List<HeldOutPoint> heldOut)
    {
        var summary = new List<KeyValuePair<string, string>>();
        if (heldOut.Count > 0)
            summary.Add(new("Held-out loss", $"{heldOut[0].Loss:0.000} → {heldOut[^1].Loss:0.000}"));
        if (steps.Count > 0)
            summary.Add(new("Updates", $"{steps[^1].Step:#,0}"));
        return summary;
    }

    private static List<KeyValuePair<string, string>> Facts(JsonElement run, string section) =>
        run.TryGetProperty(section, out var facts) && facts.ValueKind == JsonValueKind.Object
            ? [.. facts.EnumerateObject().Where(fact => fact.Value.ValueKind != JsonValueKind.Null)
                .Select(fact => KeyValuePair.Create(fact.Name, fact.Value.ToString()))]
            : [];
}
