using System.Text.Json;
using System.Text.Json.Nodes;

namespace Caravan.Training.Run;

/// <summary>Where a run writes down what happens: <c>metrics.jsonl</c>, <c>samples.jsonl</c> and, if wanted, a
/// TensorBoard event file. Lines of updates that a killed process made beyond its last checkpoint are dropped when it
/// goes on.
/// </summary>
internal sealed class RunLog : IDisposable
{
    private readonly MetricsFile _metrics, _samples;
    private readonly EventFile? _events;

    /// <param name="step">Updates made so far; null for a run that begins.</param>
    public RunLog(RunDirectory run, int? step, bool writesEvents)
    {
        _metrics = new MetricsFile(run.In("metrics.jsonl"), step);
        _samples = new MetricsFile(run.In("samples.jsonl"), step);
        _events = writesEvents ? new EventFile(run.Path, step ?? 0, TimeProvider.System) : null;
    }

    /// <summary>Whether <c>report_to</c> asks for event files; nothing in the list does, too.</summary>
    public static bool WantsEvents(IReadOnlyList<string> reportTo) => !reportTo.Contains("none");

    /// <summary>One line of metrics; numbers go to TensorBoard as well.</summary>
    public void Write(int step, params ReadOnlySpan<(string Name, JsonNode? Value)> metrics)
    {
        var line = new JsonObject { ["step"] = step };
        var scalars = new List<(string, double)>();
        foreach (var (name, value) in metrics)
        {
            line[name] = value;
            if (value?.GetValueKind() == JsonValueKind.Number)
                scalars.Add((name, value.Deserialize<double>()));
        }
        _metrics.Write(line);
        _events?.Write(step, scalars.ToArray());
    }

    /// <summary>What the model answered to a held-out prompt.</summary>
    public void WriteSample(int step, string id, string prompt, string expected, string answer) =>
        _samples.Write(new JsonObject
        {
            ["step"] = step,
            ["id"] = id,
            ["prompt"] = prompt,
            ["expected"] = expected,
            ["answer"] = answer,
        });

    public void Dispose()
    {
        _metrics.Dispose();
        _samples.Dispose();
        _events?.Dispose();
    }
}
