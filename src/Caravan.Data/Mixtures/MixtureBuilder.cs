using Caravan.Data.Conversion;
using Caravan.Data.Datasets;
using Caravan.Data.Lineage;
using Caravan.Data.Sources;
using Caravan.Data.Statistics;
using Caravan.Files;

namespace Caravan.Data.Mixtures;

/// <summary>
/// Builds a mixture: converts each part into <c>name_subset/</c>, takes as many of its records as asked for, and merges
/// their lines into one <c>mixture_data.jsonl</c>, with a manifest and a <c>report.html</c> beside it.
/// The same raw files and recipe give the same bytes.
/// </summary>
public sealed class MixtureBuilder(
    Mixture mixture, string rawRoot, string outputRoot, ConversionSettings settings,
        CancellationToken cancellation = default)
{
    private readonly string _folder = Path.Combine(outputRoot, mixture.Name);

    /// <summary>The terms that the parts must allow; see <see cref="LicencePolicy"/>.</summary>
    public string LicencePolicyName { get; init; } = "any";

    /// <summary>Told what is being done, and of doubtful amounts.</summary>
    public Action<string> Say { get; init; } = _ => { };

    /// <summary>Builds it all and returns the mixture's manifest.</summary>
    /// <exception cref="BadInputException">
    /// A part's raw files are missing or broken, its terms are refused, or the folder holds a part of another recipe.
    /// </exception>
    public Manifest Build()
    {
        Check();
        var sources = mixture.Parts.Select(Prepare).ToList();
        var indexes = new List<LineIndex>();
        try
        {
            indexes.AddRange(mixture.Parts.Select(part => new LineIndex(DataFile(part))));
            return Merge(sources, indexes);
        }
        finally
        {
            indexes.ForEach(index => index.Dispose());
        }
    }

    private void Check()
    {
        LicencePolicy.Require(LicencePolicyName, mixture.Parts.SelectMany(part => part.File is null
            ? [(part.Name, DatasetCatalogue.FindInstruction(part.Name).Card.Licence)]
            : FileLicences(part)));
        var missing = mixture.Parts.Select(part => part.File ?? Path.Combine(rawRoot, part.Name))
            .Where(path => !File.Exists(path) && !Directory.Exists(path)).ToList();
        if (missing.Count > 0)
        {
            throw new BadInputException(
                $"Mixture {mixture.Name}: nothing is there at {string.Join(", ", missing)}. " +
                "Fetch these datasets first.");
        }
        foreach (var part in mixture.Parts.Where(part => part.File is null))
            CheckDataset(part);
        if (!Directory.Exists(_folder))
            return;
        var expected = mixture.Parts.Select(part => $"{part.Name}_subset").ToHashSet();
        foreach (var stranger in Directory.EnumerateDirectories(_folder, "*_subset").Order(StringComparer.Ordinal))
        {
            if (!expected.Contains(Path.GetFileName(stranger)))
            {
                throw new BadInputException(
                    $"{stranger}: this folder is of another recipe than the mixture {mixture.Name}. Remove it first.");
            }
        }
    }

    private void CheckDataset(MixturePart part)
    {
        var (dataset, own) = (DatasetCatalogue.FindInstruction(part.Name), Settings(part));
        Preparation.Check(dataset, Path.Combine(rawRoot, part.Name), own);
        if (dataset.OutputName(own) is var name && name != Path.GetFileName(DataFile(part)))
        {
            throw new BadInputException(
                $"Mixture {mixture.Name}: with these options {part.Name} gives {name}, which is no file of " +
                "conversations. Leave them out.");
        }
    }

    private ConversionSettings Settings(MixturePart part) => settings with
    {
        Compatibility = mixture.Compatibility,
        Seed = mixture.Seed,
        Options = part.Options,
    };

    private static IEnumerable<(string Dataset, Licence Licence)> FileLicences(MixturePart part) =>
        Manifest.Beside(part.File!)?.Licences ?? [(part.Name, Licence.NotStated)];

    private string DataFile(MixturePart part) =>
        Path.Combine(_folder, $"{part.Name}_subset", $"{part.Name}_data.jsonl");

    private Manifest Prepare(MixturePart part)
    {
        Say($"Converting {part.Name}");
        var output = DataFile(part);
        if (part.File is null)
        {
            return Preparation.Prepare(DatasetCatalogue.FindInstruction(part.Name), Path.Combine(rawRoot, part.Name),
                Path.GetDirectoryName(output)!, Settings(part), cancellation: cancellation);
        }
        var written = InstructionFile.Write(output, InstructionFile.Read(part.File));
        return Manifest.SaveDerived(
            part.File, output, part.Name, mixture.Seed, written, written, new Dictionary<string, long>());
    }

    private Manifest Merge(List<Manifest> sources, List<LineIndex> indexes)
    {
        var order = new List<(int Part, int Line)>();
        var taken = new long[indexes.Count];
        for (var part = 0; part < indexes.Count; part++)
        {
            var recipe = mixture.Parts[part];
            if (recipe.Amount.Doubt(indexes[part].Count, recipe.Name) is { } doubt)
                Say(doubt);
            var lines = recipe.Amount.Draw(indexes[part].Count, recipe.Name, mixture.Seed, mixture.KeepOrder);
            taken[part] = lines.Count;
            order.AddRange(lines.Select(line => (part, line)));
        }
        if (mixture.Shuffle)
        {
            new SeededRandom(mixture.Seed, $"mixture/{mixture.Name}/shuffle")
                .Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(order));
        }
        var stem = mixture.Name.Replace('-', '_');
        var output = Path.Combine(_folder, $"{stem}_data.jsonl");
        Say($"Merging {order.Count} records");
        var merge = new MixtureMerge(mixture, indexes, settings.Ascii);
        merge.Write(order, output, Path.Combine(_folder, $"{stem}_filtered_data.jsonl"), cancellation);
        var manifest = Describe(sources, indexes, taken, merge, output);
        manifest.Save(Manifest.PathFor(output));
        Report(output, manifest);
        return manifest;
    }

    private void Report(string output, Manifest manifest)
    {
        var (count, unit) = settings.CountTokens is { } tokens
            ? (tokens, "tokens")
            : (text => Whitespace.CountWords(text), "words");
        var statistics = MessageStatistics.Of(InstructionFile.Read(output), count, unit, cancellation);
        statistics.Save(Path.Combine(_folder, $"{mixture.Name.Replace('-', '_')}_statistics.json"));
        DataReport.Write(Path.Combine(_folder, "report.html"), mixture.Name, statistics, manifest);
    }

    private Manifest Describe(
        List<Manifest> sources, List<LineIndex> indexes, long[] taken, MixtureMerge merge, string output)
    {
        var rejected = merge.Filtered.SelectMany(part => part).GroupBy(count => count.Key, count => count.Value)
            .ToDictionary(group => group.Key, group => group.Sum());
        return new()
        {
            Dataset = mixture.Name,
            Licence = LicencePolicy.Strictest(sources.Select(source => source.Licence)),
            Seed = mixture.Seed,
            Compatibility = mixture.Compatibility,
            Read = taken.Sum(),
            Kept = taken.Sum() - rejected.Values.Sum(),
            Written = taken.Sum() - rejected.Values.Sum(),
            Skipped = rejected,
            Normalised = merge.Edited,
            Output = ManifestFile.Of(output),
            Parts =
            [
                .. sources.Select((source, i) => new ManifestPart(
                    mixture.Parts[i].Amount.Text, indexes[i].Count, taken[i], merge.Filtered[i].Values.Sum(), source)),
            ],
        };
    }
}
