using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Training.Run;

/// <summary><c>metrics.jsonl</c>: one JSON object a line, written through as it comes. Opening it for a run that goes
/// on after <c>step</c> drops the lines of later updates, which will be made again.</summary>
public sealed class MetricsFile : IDisposable
{
    private readonly FileStream _stream;

    public MetricsFile(string path, int step)
    {
        if (File.Exists(path))
        {
            var kept = File.ReadLines(path).Where(line => StepOf(line) <= step).ToArray();
            AtomicFile.WriteText(path, string.Concat(kept.Select(line => line + "\n")));
            HeldOutLossAtStart = kept.Select(line => JsonNode.Parse(line)!["eval_loss"]?.GetValue<double>()).FirstOrDefault(loss => loss is not null);
        }
        _stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>The first held-out loss in the file, which the run was opened with; null if there is none.</summary>
    public double? HeldOutLossAtStart { get; }

    /// <summary>Appends one line.</summary>
    public void Write(JsonObject metrics)
    {
        _stream.Write(Encoding.UTF8.GetBytes(metrics.ToJsonString() + "\n"));
        _stream.Flush();
    }

    public void Dispose() => _stream.Dispose();

    // A line that a kill cut short belongs to no finished update.
    private static int StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["step"]?.GetValue<int>() ?? int.MaxValue;
        }
        catch (JsonException)
        {
            return int.MaxValue;
        }
    }
}
