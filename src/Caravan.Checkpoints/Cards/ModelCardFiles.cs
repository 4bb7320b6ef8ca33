using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Puts a model's card and licence texts into its folder.</summary>
public static class ModelCardFiles
{
    private const string CardName = "README.md", LicenceName = "LICENSE.txt", BaseLicenceName = "base_license.txt";
    private const long LongestLicence = 1 << 20;

    private static readonly string[] LicenceNames =
        ["LICENSE", "LICENSE.txt", "LICENSE.md", "license.txt", "LICENCE", "LICENCE.txt"];

    /// <summary>Writes README.md, LICENSE.txt and, if the base's folder has a licence, base_license.txt.</summary>
    /// <param name="card">Architecture, size and licence files are filled in from the folder.</param>
    /// <param name="licenceFile">A licence text with the placeholder; null for a generic notice.</param>
    /// <param name="baseFolder">The base model's folder; null if it is not at hand.</param>
    /// <returns>Warnings.</returns>
    /// <exception cref="BadInputException">The folder is no model, a file is there already, or a placeholder would
    /// remain.</exception>
    public static IReadOnlyList<string> Write(
        string folder, ModelCard card, string? licenceFile, string? baseFolder, bool overwrite)
    {
        var config = ModelConfigFile.Read(folder);
        var warnings = new List<string>();
        var licence = FillLicence(card, licenceFile, warnings);
        var baseLicence = FindBaseLicence(card, baseFolder, warnings);
        string[] licences = baseLicence is null ? [LicenceName] : [LicenceName, BaseLicenceName];
        var there = licences.Append(CardName).Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (there is not null && !overwrite)
            throw new BadInputException($"{there}: is there already. Give --overwrite to replace it.");
        var text = ModelCardText.Render(card with
        {
            Architecture = config.Architecture,
            Parameters = CountParameters(folder),
            LicenceFiles = licences,
        });
        AtomicFile.WriteText(Path.Combine(folder, LicenceName), licence);
        if (baseLicence is not null)
            AtomicFile.WriteText(Path.Combine(folder, BaseLicenceName), baseLicence);
        AtomicFile.WriteText(Path.Combine(folder, CardName), text);
        return warnings;
    }

    /// <summary>Whether a folder is a diff that was made here.</summary>
    public static bool IsDiff(string folder) => File.Exists(Path.Combine(folder, WeightDiff.ManifestName));

    private static string FillLicence(ModelCard card, string? file, List<string> warnings)
    {
        var (text, filled) = LicenceTemplate.Fill(
            file ?? "the generic notice", file is null ? LicenceTemplate.Generic : ReadText(file), card.Name);
        if (filled == 0)
            warnings.Add($"{file}: no {LicenceTemplate.Placeholder} is in it, so the licence does not name the model.");
        return text;
    }

    private static string? FindBaseLicence(ModelCard card, string? folder, List<string> warnings)
    {
        var file = folder is null ? null
            : LicenceNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (file is not null)
            return ReadText(file);
        warnings.Add(
            (folder is null
                ? $"the licence of {card.Base} is not among the files: give the base's folder, or "
                : $"{folder}: there is no licence in it: ") +
            $"put the text beside {LicenceName} as {BaseLicenceName}.");
        return null;
    }

    private static string ReadText(string file)
    {
        if (!File.Exists(file))
            throw new BadInputException($"{file}: there is no such file.");
        if (new FileInfo(file).Length is > LongestLicence and var length)
            throw new BadInputException($"{file}: {ByteSize.Format(length)} are too much for a licence text.");
        return File.ReadAllText(file);
    }

    private static long? CountParameters(string folder)
    {
        if (!Directory.EnumerateFiles(folder).Any(file => Path.GetExtension(file) is ".safetensors" or ".bin"))
            return null;
        using var weights = ModelWeights.Open(folder);
        return weights.Tensors.Where(info => !weights.Aliases.ContainsKey(info.Name)).Sum(info => info.ElementCount);
    }
}
