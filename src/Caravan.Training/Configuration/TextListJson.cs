using System.Text.Json.Serialization;

namespace Caravan.Training.Configuration;

[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class TextListJson : JsonSerializerContext;
