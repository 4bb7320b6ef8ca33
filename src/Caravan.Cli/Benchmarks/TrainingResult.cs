using System.Text.Json;
using System.Text.Json.Serialization;

namespace Caravan.Cli.Benchmarks;

/// <summary>What was measured of one training step, by Caravan or by its peer.</summary>
/// <param name="TokensPerSecond">The median of the steps.</param>
/// <param name="Gflops">10⁹ operations per second by 6 · parameters · tokens and the products of attention.</param>
internal sealed record TrainingResult(
    string Engine, string Size, string Precision, int Threads, int Length, double TokensPerSecond, double Gflops,
    long PeakResidentMebibytes)
{
    public string ToJson() => JsonSerializer.Serialize(this, TrainingResultJson.Default.TrainingResult);

    public static TrainingResult FromJson(string text) =>
        JsonSerializer.Deserialize(text, TrainingResultJson.Default.TrainingResult)
        ?? throw new FormatException("no result");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TrainingResult))]
internal sealed partial class TrainingResultJson : JsonSerializerContext;
