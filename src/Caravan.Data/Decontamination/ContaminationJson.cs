using System.Text.Json.Serialization;

namespace Caravan.Data.Decontamination;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(IReadOnlyList<TestSetReport>))]
internal sealed partial class ContaminationJson : JsonSerializerContext;
