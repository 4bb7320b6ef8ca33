using System.Text.Json;
using Caravan.Files;
using Caravan.Text;
using Caravan.Training.Run;

namespace Caravan.Training.Report;

/// <summary>Reads what a run left in its output directory for a report: <c>metrics.jsonl</c>, <c>samples.jsonl</c>,
/// <c>data.json</c> and <c>run.json</c>.</summary>
public static class RunRecord
{
    /// <summary>Curves, samples, data, configuration and environment of a run; the caller adds what else there is to
    /// show.</summary>
    /// <param name="compare">The output directory of another run, or null.</param>
    /// <exception cref="BadInputException">A file is missing or damaged.</exception>
    public static RunReportData Read(string directory, string title, string? compare = null)
    {
        var (steps, heldOut) = ReadMetrics(directory);
        using var run = ReadRun(directory);
        var configuration = Facts(run.RootElement, "configuration");
        return new RunReportData
        {
            Title = title,
            Highlights = Summarise(steps, heldOut),
            Steps = steps,
            HeldOutLoss = heldOut,
            Comparison = compare is null ? null : ReadComparison(compare, configuration),
            Samples = ReadSamples(Path.Combine(directory, "samples.jsonl")),
            DataSources = ReadSources(Path.Combine(directory, "data.json")),
            Configuration = configuration,
            Environment = Facts(run.RootElement, "environment"),
        };
    }

    /// <summary>The results of a run in a few lines.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> Summarise(TrainerState state)
    {
        if (state is { FirstHeldOutLoss: { } first, LastHeldOutLoss: { } last })
            yield return new("held-out loss per token", $"{first:0.0000} before, {last:0.0000} after");
        yield return new("updates", $"{state.Update} ({state.SkippedUpdates} skipped)");
        yield return new("tokens", $"{state.Tokens}, of them {state.TargetTokens} learned");
    }

    /// <summary>Throws unless a directory can be compared with.</summary>
    /// <exception cref="BadInputException">It is not the output directory of a run.</exception>
    internal static void RequireRun(string directory)
    {
        if (!File.Exists(Path.Combine(directory, "run.json")) || !File.Exists(Path.Combine(directory, "metrics.jsonl")))
            throw new BadInputException($"compare {directory}: this is not the output directory of a run: it has " +
                "no run.json.");
    }

    private static ReportComparison ReadComparison(string directory, List<KeyValuePair<string, string>> configuration)
    {
        RequireRun(directory);
        var (steps, heldOut) = ReadMetrics(directory);
        using var run = ReadRun(directory);
        var here = configuration.ToDictionary();
        var there = Facts(run.RootElement, "configuration").ToDictionary();
        var changed = from key in here.Keys.Union(there.Keys)
                      let values = (here.GetValueOrDefault(key, "—"), there.GetValueOrDefault(key, "—"))
                      where values.Item1 != values.Item2 && key is not ("compare" or "output_dir")
                      select (key, values.Item1, values.Item2);
        return new ReportComparison(directory, steps, heldOut, [.. changed]);
    }

    private static (List<ReportStep> Steps, List<HeldOutPoint> HeldOut) ReadMetrics(string directory)
    {
        var steps = new List<ReportStep>();
        var heldOut = new List<HeldOutPoint>();
        foreach (var metrics in ReadLines(Path.Combine(directory, "metrics.jsonl")))
        {
            if (metrics.TryGetProperty("eval_loss", out var loss))
                heldOut.Add(new HeldOutPoint(metrics.GetProperty("step").GetInt32(), loss.GetDouble()));
            else if (metrics.TryGetProperty("train_loss", out loss))
            {
                steps.Add(new ReportStep(
                    metrics.GetProperty("step").GetInt32(), loss.GetDouble(),
                    metrics.GetProperty("learning_rate").GetDouble(), metrics.GetProperty("tokens_per_second")
                        .GetDouble(),
                    metrics.TryGetProperty("memory_gib", out var memory) ? memory.GetDouble() : 0));
            }
        }
        return (steps, heldOut);
    }

    // The answers after the last evaluation.
    private static List<SampleConversation> ReadSamples(string path)
    {
        if (!File.Exists(path))
            return [];
        var samples = ReadLines(path).ToList();
        var last = samples.Count == 0 ? 0 : samples[^1].GetProperty("step").GetInt32();
        return [.. from sample in samples
                   where sample.GetProperty("step").GetInt32() == last
                   select new SampleConversation(
                       $"{Text(sample, "id")}, after {last} updates",
                       [
                           new ChatMessage("prompt", Text(sample, "prompt")),
                               new ChatMessage("expected", Text(sample, "expected")),
                           new ChatMessage("assistant", Text(sample, "answer")),
                       ])];
    }

    private static ReportTable? ReadSources(string path)
    {
        if (!File.Exists(path))
            return null;
        using var data = Parse(path, 0, File.ReadAllText(path));
        return new ReportTable(
            ["file", "records", "taken", "terms", "SHA-256"],
            [.. data.RootElement.GetProperty("sources").EnumerateArray().Select(source => (IReadOnlyList<string>)
            [
                Text(source, "file"), source.GetProperty("records").ToString(), Text(source, "amount"),
                string.Join(", ", source.GetProperty("licences").EnumerateArray().Select(part => Text(part, "licence"))
                    .Distinct()),
                Text(source, "sha256")[..16],
            ])]);
    }

    private static IEnumerable<JsonElement> ReadLines(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            using var document = Parse(path, ++number, line);
            yield return document.RootElement.Clone();
        }
    }

    private static JsonDocument ReadRun(string directory)
    {
        var path = Path.Combine(directory, "run.json");
        return Parse(path, 0, File.ReadAllText(path));
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
            throw new BadInputException($"{place}: this is not valid JSON ({error.Message}); was the file edited?",
                error);
        }
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";

    private static List<KeyValuePair<string, string>> Summarise(List<ReportStep> steps, List<HeldOutPoint> heldOut)
    {
        var summary = new List<KeyValuePair<string, string>>();
        if (heldOut.Count > 0)
        {
            summary.Add(new("Held-out loss", $"{heldOut[0].Loss:0.000} → {heldOut[^1].Loss:0.000}"));
            summary.Add(new("Held-out perplexity",
                $"{Math.Exp(heldOut[0].Loss):0.0} → {Math.Exp(heldOut[^1].Loss):0.0}"));
        }
        if (steps.Count > 0)
        {
            summary.Add(new("Updates", $"{steps[^1].Step:#,0}"));
            summary.Add(new("Tokens per second",
                $"{steps.Select(step => step.TokensPerSecond).Order().ElementAt(steps.Count / 2):#,0}"));
        }
        return summary;
    }

    private static List<KeyValuePair<string, string>> Facts(JsonElement run, string section) =>
        run.TryGetProperty(section, out var facts) && facts.ValueKind == JsonValueKind.Object
            ? [.. facts.EnumerateObject().Where(fact => fact.Value.ValueKind != JsonValueKind.Null)
                .Select(fact => KeyValuePair.Create(fact.Name, fact.Value.ToString()))]
            : [];
}
