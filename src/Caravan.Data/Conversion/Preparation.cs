using Caravan.Data.Lineage;
using Caravan.Data.Sources;
using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Data.Conversion;

/// <summary>
/// Turns a dataset's raw files into <c>slug_data.jsonl</c> (or what else it is to be) with its manifest beside it.
/// </summary>
public static class Preparation
{
    /// <summary>
    /// Looks for the raw files and at the settings, so that what cannot be converted is known before anything is.
    /// </summary>
    /// <exception cref="BadInputException">A raw file is missing, or an option is none of the dataset's.</exception>
    public static void Check(Dataset dataset, string rawFolder, ConversionSettings settings)
    {
        settings.RequireKnownOptions(dataset.Card);
        dataset.Check(new ConversionRun(dataset.Card, new RawFolder(rawFolder), settings));
    }

    /// <summary>
    /// Converts into <paramref name="outputFolder"/>. The data appears only when all of it is written. The same raw
    /// files and settings give the same bytes on any machine and number of threads.
    /// </summary>
    /// <exception cref="BadInputException">A raw file is missing or broken, or nothing was left.</exception>
    public static Manifest Prepare(
        Dataset dataset,
        string rawFolder,
        string outputFolder,
        ConversionSettings settings,
        CancellationToken cancellation = default)
    {
        var run = new ConversionRun(dataset.Card, new RawFolder(rawFolder), settings, cancellation);
        settings.RequireKnownOptions(dataset.Card);
        var path = Path.Combine(outputFolder, dataset.OutputName(settings));
        ManifestFile? written = null;
        AtomicFile.Write(path, file =>
        {
            using var output = new HashedOutput(file);
            dataset.Write(run, output);
            written = output.Finish(Path.GetFileName(path));
        });
        var manifest = Describe(run, written!);
        manifest.Save(Manifest.PathFor(path));
        return manifest;
    }

    private static Manifest Describe(ConversionRun run, ManifestFile output)
    {
        var (card, settings, tally) = (run.Card, run.Settings, run.Tally);
        var inputs = Inputs(run);
        CompareWithFetched(run, inputs);
        return new Manifest
        {
            Dataset = card.Slug,
            Homepage = card.Homepage,
            Licence = card.Licence,
            ConverterVersion = card.Version,
            Seed = settings.Seed,
            Compatibility = settings.Compatibility,
            Options = settings.Options,
            Inputs = inputs,
            Unit = card.Unit,
            Read = tally.Read,
            Kept = tally.Kept,
            Written = tally.Written,
            Skipped = tally.Skipped,
            Dropped = tally.Dropped,
            Normalised = tally.Normalised,
            Warnings = tally.Warnings,
            Examples = tally.Examples.ToDictionary(
                pair => pair.Key, pair =>
                    pair.Value.ConvertAll(place => place.Replace(run.Raw.Path, "").TrimStart('/'))),
            Output = output,
        };
    }

    private static List<ManifestFile> Inputs(ConversionRun run)
    {
        // A dataset of a thousand task files in one archive has one input.
        var files = run.Inputs.Select(RawFile.OnDisk).Distinct().ToList();
        return files.ConvertAll(file =>
        {
            var name = Path.GetRelativePath(run.Raw.Path, file);
            var remote = run.Card.Files.FirstOrDefault(remote => remote.Name == name || remote.Name + ".gz" == name);
            return (run.Measured(file) ?? ManifestFile.Of(file)) with { Name = name, Url = remote?.Url };
        });
    }

    // A raw file may have been changed by hand, on purpose or not; its manifest must not look as if it were published.
    private static void CompareWithFetched(ConversionRun run, IReadOnlyList<ManifestFile> inputs)
    {
        var fetched = DownloadLock.Load(run.Raw.Path);
        foreach (var input in inputs)
        {
            if (fetched.TryGetValue(input.Name, out var then) && then.Sha256 != input.Sha256)
                run.Tally.Warn("changed_since_it_was_fetched", new RecordOrigin(input.Name, 1));
        }
    }
}
