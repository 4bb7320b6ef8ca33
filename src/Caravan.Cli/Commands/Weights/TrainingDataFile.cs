using System.Text.Json;
using Caravan.Checkpoints;
using Caravan.Data.Datasets;
using Caravan.Data.Lineage;
using Caravan.Files;

namespace Caravan.Cli.Commands.Weights;

/// <summary>
/// What a model was trained on, from the records that Caravan keeps: a data file's manifest (<c>….report.json</c>, of a
/// dataset or a mixture) or a training run's <c>data.json</c>.
/// </summary>
internal static class TrainingDataFile
{
    /// <summary>The records that lie in a model's folder.</summary>
    public static IReadOnlyList<string> FindIn(string folder) => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateFiles(folder, "*.report.json").Order(StringComparer.Ordinal),
        .. Directory.EnumerateFiles(folder, "data.json"),
    ];

    /// <summary>The datasets of one record, with their terms.</summary>
    /// <exception cref="BadInputException">The file is neither of the two.</exception>
    public static IEnumerable<(CardDataset Dataset, Licence Licence)> Read(string path)
    {
        if (!File.Exists(path))
            throw new BadInputException($"{path}: there is no such file.");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            if (json.RootElement.ValueKind == JsonValueKind.Object &&
                json.RootElement.TryGetProperty("sources", out var sources))
            {
                return [.. sources.EnumerateArray().SelectMany(ReadSource)];
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new BadInputException($"{path}: not a record of training data: {e.Message}", e);
        }
        var manifest = Manifest.Load(path);
        return ReadManifest(manifest, manifest.Written);
    }

    private static IEnumerable<(CardDataset Dataset, Licence Licence)> ReadManifest(Manifest manifest, long? records)
    {
        if (manifest.Parts.Count == 0)
            return [(Describe(manifest.Dataset, manifest.Homepage, manifest.Licence, records), manifest.Licence)];
        return manifest.Parts.SelectMany(part => ReadManifest(
            // How a mixture's records divide among the parts of a part is not known.
            part.Source, part.Source.Parts.Count == 0 ? part.Taken - part.Filtered : null));
    }

    private static IEnumerable<(CardDataset Dataset, Licence Licence)> ReadSource(JsonElement source)
    {
        var licences = source.GetProperty("licences").EnumerateArray().ToList();
        foreach (var entry in licences)
        {
            var name = entry.GetProperty("dataset").GetString() ?? "";
            var use = Enum.TryParse<LicenceUse>(entry.GetProperty("use").GetString(), out var known)
                ? known
                : LicenceUse.Unknown;
            var licence = new Licence(entry.GetProperty("licence").GetString() ?? Licence.NotStated.Name, use);
            yield return (Describe(
                name, null, licence, licences.Count == 1 ? source.GetProperty("records").GetInt64() : null), licence);
        }
    }

    private static CardDataset Describe(string name, string? page, Licence licence, long? records) => new(
        name, page ?? DatasetCatalogue.All.FirstOrDefault(dataset => dataset.Card.Slug == name)?.Card.Homepage,
        licence.Name, records);
}
