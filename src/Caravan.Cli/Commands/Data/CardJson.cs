using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Data.Conversion;

namespace Caravan.Cli.Commands.Data;

/// <summary>The catalogue of datasets for programs.</summary>
internal static class CardJson
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(JsonNode node) => node.ToJsonString(Readable);

    public static JsonObject Describe(DatasetCard card) => new()
    {
        ["dataset"] = card.Slug,
        ["title"] = card.Title,
        ["records"] = card.Size,
        ["licence"] = card.Licence.Name,
        ["use"] = card.Licence.Use.ToString(),
        ["page"] = card.Homepage,
        ["version"] = card.Version,
        ["files"] = new JsonArray([.. card.Files.Select(file => new JsonObject
        {
            ["name"] = file.Name,
            ["url"] = file.Url,
            ["gated"] = file.Gated,
            ["optional"] = file.Optional,
        })]),
        ["options"] = new JsonArray([.. card.Options.Select(option => new JsonObject
        {
            ["name"] = option.Name,
            ["default"] = option.Default,
            ["meaning"] = option.Meaning,
        })]),
    };
}
