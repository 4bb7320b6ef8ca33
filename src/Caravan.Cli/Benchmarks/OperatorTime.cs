using System.Text.Json;
using System.Text.Json.Serialization;

namespace Caravan.Cli.Benchmarks;

/// <summary>What an operator takes of one training step.</summary>
/// <param name="Milliseconds">Of all its calls in the step.</param>
/// <param name="Gflops">10⁹ operations per second, where it is a matrix product.</param>
internal sealed record OperatorTime(string Name, double Milliseconds, double? Gflops)
{
    public static string ToJson(IReadOnlyList<OperatorTime> times) =>
        JsonSerializer.Serialize(times, OperatorTimeJson.Default.IReadOnlyListOperatorTime);

    public static IReadOnlyList<OperatorTime> FromJson(string text) =>
        JsonSerializer.Deserialize(text, OperatorTimeJson.Default.IReadOnlyListOperatorTime)
        ?? throw new FormatException("no operators");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<OperatorTime>))]
internal sealed partial class OperatorTimeJson : JsonSerializerContext;
