using System.Text.Json;
using System.Text.Json.Serialization;
using Caravan.Data.Conversion;
using Caravan.Files;

namespace Caravan.Data.Lineage;

/// <summary>
/// Where a file of records comes from and what happened on the way: written beside it, combined by mixtures, and copied
/// by the trainer into checkpoints and model cards.
/// </summary>
public sealed record Manifest
{
    /// <summary>The layout of this document.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The dataset's or mixture's name.</summary>
    public required string Dataset { get; init; }

    public string? Homepage { get; init; }

    /// <summary>The terms; of a mixture, the strictest of its parts.</summary>
    public required Licence Licence { get; init; }

    /// <summary>The converter's version.</summary>
    public int ConverterVersion { get; init; }

    public required long Seed { get; init; }

    public Compatibility Compatibility { get; init; }

    /// <summary>The converter's options that differ from their defaults.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>The raw files that were read.</summary>
    public IReadOnlyList<ManifestFile> Inputs { get; init; } = [];

    /// <summary>What is counted as read, kept and skipped.</summary>
    public string Unit { get; init; } = "record";

    public long Read { get; init; }

    public long Kept { get; init; }

    public required long Written { get; init; }

    public IReadOnlyDictionary<string, long> Skipped { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, long> Dropped { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, long> Normalised { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, long> Warnings { get; init; } = new Dictionary<string, long>();

    public IReadOnlyDictionary<string, List<string>> Examples { get; init; } = new Dictionary<string, List<string>>();

    /// <summary>The file that this describes.</summary>
    public required ManifestFile Output { get; init; }

    /// <summary>Of a mixture: what it was put together from.</summary>
    public IReadOnlyList<ManifestPart> Parts { get; init; } = [];

    /// <summary>Every source's terms, this one's or those of the parts.</summary>
    [JsonIgnore]
    public IEnumerable<(string Dataset, Licence Licence)> Licences => Parts.Count == 0
        ? [(Dataset, Licence)]
        : Parts.SelectMany(part => part.Source.Licences).Distinct();

    /// <summary>
    /// Where a data file's manifest is: <c>x.jsonl</c> has <c>x.report.json</c>, <c>x.parquet</c> has
    /// <c>x.parquet.report.json</c>, so that the same records in two formats do not share one.
    /// </summary>
    public static string PathFor(string dataFile) =>
        Path.GetExtension(dataFile) == ".jsonl"
            ? Path.ChangeExtension(dataFile, ".report.json") : dataFile + ".report.json";

    /// <summary>The manifest beside a data file, or null if there is none.</summary>
    /// <exception cref="BadInputException">
    /// There is one, and it is not readable or was written of other bytes than the file now has.
    /// </exception>
    public static Manifest? Beside(string dataFile)
    {
        var path = PathFor(dataFile);
        if (!File.Exists(path))
            return null;
        var manifest = Load(path);
        var now = ManifestFile.Of(dataFile);
        return (manifest.Output.Bytes, manifest.Output.Sha256) == (now.Bytes, now.Sha256)
            ? manifest
            : throw new BadInputException(
                $"{dataFile}: the file is not the one that {Path.GetFileName(path)} describes: its SHA-256 is " +
                $"{now.Sha256} and was {manifest.Output.Sha256}. Make it again, or remove the manifest.");
    }

    /// <summary>
    /// Writes the manifest of a file that was made from another one, beside it. It names the other's sources and terms.
    /// </summary>
    public static Manifest SaveDerived(
        string input, string output, string name, long seed, long read, long written,
        IReadOnlyDictionary<string, long> skipped)
    {
        var upstream = Beside(input);
        var manifest = new Manifest
        {
            Dataset = name,
            Licence = upstream?.Licence ?? Licence.NotStated,
            Seed = seed,
            Inputs = [ManifestFile.Of(input)],
            Read = read,
            Kept = written,
            Written = written,
            Skipped = skipped,
            Output = ManifestFile.Of(output),
            Parts = upstream is null ? [] : [new("all", read, read, read - written, upstream)],
        };
        manifest.Save(PathFor(output));
        return manifest;
    }

    public void Save(string path) =>
        AtomicFile.WriteText(path, JsonSerializer.Serialize(this, ManifestJson.Default.Manifest) + "\n");

    /// <exception cref="BadInputException">The file is not a manifest.</exception>
    public static Manifest Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ManifestJson.Default.Manifest)
                ?? throw new BadInputException($"{path}: expected a manifest, found null.");
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            throw new BadInputException($"{path}: this is not a readable manifest: {exception.Message}", exception);
        }
    }
}
