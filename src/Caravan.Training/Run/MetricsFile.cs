using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Training.Run;

/// <summary>A file of one JSON object a line, each with the <c>step</c> after which it was written, and written through
/// as it comes. Opening it for a run that goes on drops the lines of later updates, which will be made again.</summary>
public sealed class MetricsFile : IDisposable
{
    private readonly FileStream _stream;

    /// <param name="step">Updates made so far; null where the run begins anew, which empties the file.</param>
    public MetricsFile(string path, int? step)
    {
        if (step is { } made && File.Exists(path))
        {
            var kept = File.ReadLines(path).Where(line => StepOf(line) <= made).ToArray();
            AtomicFile.WriteText(path, string.Concat(kept.Select(line => line + "\n")));
        }
        Path = path;
        _stream = new FileStream(path, step is null ? FileMode.Create : FileMode.Append, FileAccess.Write,
            FileShare.Read);
    }

    public string Path { get; }

    /// <summary>Appends one line.</summary>
    public void Write(JsonObject metrics)
    {
        _stream.Write(Encoding.UTF8.GetBytes(metrics.ToJsonString() + "\n"));
        _stream.Flush();
    }

    /// <summary>A number as JSON has it, or its name where JSON has none.</summary>
    public static JsonNode Number(double value) =>
        double.IsFinite(value)
            ? JsonValue.Create(value)
            : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture));

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
