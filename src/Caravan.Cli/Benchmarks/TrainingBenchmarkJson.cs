using System.Text.Json;
using System.Text.Json.Serialization;

namespace Caravan.Cli.Benchmarks;

[JsonSerializable(typeof(TrainingBenchmark))]
internal sealed partial class TrainingBenchmarkJson : JsonSerializerContext
{
    public static TrainingBenchmarkJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    });
}
