using System.Text.Json.Nodes;
using Caravan.Data.Lineage;

namespace Caravan.Training.Data;

/// <summary>One file that a run learns from, for its record and its model card.</summary>
/// <param name="Records">Records of the file.</param>
/// <param name="Amount">How much of it is taken, as it was asked for.</param>
/// <param name="Lineage">Where the file comes from, if a manifest lies beside it.</param>
public sealed record DataSource(string File, ManifestFile Contents, int Records, string Amount, Manifest? Lineage)
{
    /// <summary>The terms of what is in it.</summary>
    public IEnumerable<(string Dataset, Licence Licence)> Licences =>
        Lineage?.Licences ?? [(Path.GetFileNameWithoutExtension(File), Licence.NotStated)];

    /// <summary>The data manifest of a run, <c>data.json</c>.</summary>
    public static JsonObject Describe(IReadOnlyList<DataSource> sources) => new()
    {
        ["licence"] = LicencePolicy.Strictest(sources.SelectMany(source => source.Licences)
            .Select(source => source.Licence)).Name,
        ["sources"] = new JsonArray([.. sources.Select(source => (JsonNode)new JsonObject
        {
            ["file"] = source.File,
            ["sha256"] = source.Contents.Sha256,
            ["bytes"] = source.Contents.Bytes,
            ["records"] = source.Records,
            ["amount"] = source.Amount,
            ["dataset"] = source.Lineage?.Dataset,
            ["licences"] = new JsonArray([.. source.Licences.Select(part => (JsonNode)new JsonObject
            {
                ["dataset"] = part.Dataset,
                ["licence"] = part.Licence.Name,
                ["use"] = part.Licence.Use.ToString(),
            })]),
        })]),
    };
}
