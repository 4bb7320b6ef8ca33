using System.Text.RegularExpressions;
using Caravan.Data.Mixtures;
using Caravan.Files;

namespace Caravan.Training.Data;

/// <summary>Which files a run's keys name, and how much of each.</summary>
internal static partial class DataFiles
{
    private static readonly string[] Extensions = [".jsonl", ".jsonl.gz", ".parquet", ".json", ".json.gz"];

    /// <summary>The files of <c>train_file</c>, whole, or those of <c>dataset_mixer</c> with their amounts.</summary>
    /// <exception cref="BadInputException">Both keys or neither are set, or what they name is not there.</exception>
    public static IReadOnlyList<(string Path, MixtureAmount Amount)> Resolve(
        IReadOnlyList<string> trainFile, IReadOnlyList<string> mixer) => (trainFile.Count, mixer.Count) switch
        {
            (> 0, > 0) => throw new BadInputException(
                "train_file and dataset_mixer are both set; the mixer names its files itself. Remove one."),
            (0, 0) => throw new BadInputException(
                "train_file is missing: give it in the configuration file or as --train-file"),
            (> 0, _) => [.. trainFile.SelectMany(name => Files(name, "train_file"))
                .Select(path => (path, MixtureAmount.All))],
            _ => [.. Pairs(mixer).SelectMany(Part)],
        };

    /// <summary>The files that a name stands for: itself, or the data files in the folder.</summary>
    public static IReadOnlyList<string> Files(string name, string key)
    {
        if (!Directory.Exists(name))
        {
            return File.Exists(name) || name.Contains(".zip!", StringComparison.OrdinalIgnoreCase) ? [name]
                : throw new BadInputException(
                $"{key}: there is no file or folder {name} here. Data is read from files on this machine: " +
                "'caravan data prepare' and 'caravan data mix' make those of Tülu and OpenAlpaca.");
        }
        var folder = Directory.Exists(Path.Combine(name, "data")) ? Path.Combine(name, "data") : name;
        foreach (var extension in Extensions)
        {
            var files = Directory.EnumerateFiles(folder, "*" + extension)
                .Where(file => !file.EndsWith(".report.json", StringComparison.Ordinal)
                    && !file.EndsWith("_filtered_data.jsonl", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal).ToArray();
            var training = files.Where(file => Path.GetFileName(file).StartsWith("train", StringComparison.Ordinal))
                .ToArray();
            if (files.Length > 0)
                return training.Length > 0 ? training : files;
        }
        throw new BadInputException($"{key}: the folder {name} holds no data file ({string.Join(", ", Extensions)}).");
    }

    private static IEnumerable<(string Path, MixtureAmount Amount)> Part((string Name, string Amount) part)
    {
        var files = Files(part.Name, "dataset_mixer");
        var isCount = part.Amount != "all" && !part.Amount.Contains('.') && !part.Amount.EndsWith('%');
        if (files.Count > 1 && isCount)
            throw new BadInputException(
                $"dataset_mixer: {part.Name} is a folder of {files.Count} files, of which {part.Amount} records " +
                "cannot be taken. Name one file, or give a proportion such as 0.5.");
        return files.Select(file => (file, new MixtureAmount(part.Amount)));
    }

    // Names and amounts in turn; an item may also hold both.
    private static List<(string Name, string Amount)> Pairs(IReadOnlyList<string> items)
    {
        var pairs = new List<(string, string)>();
        for (var i = 0; i < items.Count; i++)
        {
            if (NameAndAmount().Match(items[i]) is { Success: true } both)
                pairs.Add((both.Groups["name"].Value, both.Groups["amount"].Value));
            else if (i + 1 < items.Count && Amount().IsMatch(items[i + 1]))
                pairs.Add((items[i], items[++i]));
            else
            {
                throw new BadInputException(
                    $"dataset_mixer: '{items[i]}' has no amount behind it. Give a count such as 500, a proportion " +
                    "such as 0.5, or all.");
            }
        }
        return pairs;
    }

    [GeneratedRegex(@"^(?<name>\S.*?)\s+(?<amount>all|[0-9.]+%?)$")]
    private static partial Regex NameAndAmount();

    [GeneratedRegex(@"^(all|[0-9.]+%?)$")]
    private static partial Regex Amount();
}
