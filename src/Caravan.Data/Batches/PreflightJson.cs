using System.Text.Json.Serialization;
using Caravan.Text;

namespace Caravan.Data;

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(PreflightReport))]
internal sealed partial class PreflightJson : JsonSerializerContext;
