using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Checkpoints;

namespace Caravan.Cli.Commands.Models;

/// <summary>Released checkpoints for programs.</summary>
internal static class ReleaseJson
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write(JsonNode node) => node.ToJsonString(Readable);

    public static JsonObject Describe(ReleasedModel model) => new()
    {
        ["id"] = model.Id,
        ["family"] = model.Family,
        ["size"] = model.Size,
        ["kind"] = Kind(model),
        ["base"] = model.Base,
        ["data"] = model.Data,
        ["licence"] = model.Licence,
        ["terms"] = model.Terms,
        ["folder"] = model.Folder,
        ["commands"] = new JsonArray(
            [.. ReleaseRecipe.Of(model).Select(step => (JsonNode)ReleaseRecipe.Line(step.Words))]),
    };

    public static string Kind(ReleasedModel model) => model.Kind == ReleaseKind.Diff ? "diff" : "full";
}
