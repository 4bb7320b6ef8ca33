using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Puts a model's card and licence texts into its folder: what a released model consists of besides weights.</summary>
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
    /// <exception cref="BadInputException">The folder is no model, a file is there already, or a placeholder would remain.
    /// </exception>
    public static IReadOnlyList<string> Write(
        string folder, ModelCard card, string? licenceFile, string? baseFolder, bool overwrite)
    {
        var config = ModelConfigFile.Read(folder);
        var warnings = new List<string>();
        var licence = FillLicence(card, licenceFile, warnings);
        var baseLicence = FindBaseLicence(card, baseFolder, warnings);
        string[] licences = baseLicence is null ? [LicenceName] : [LicenceName, BaseLicenceName];
        if (!overwrite && licences.Append(CardName).FirstOrDefault(name => File.Exists(Path.Combine(folder, name))) is { } there)
            throw new BadInputException($"{Path.Combine(folder, there)}: is there already. Give --overwrite to replace it.");
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
            warnings.Add($"{file}: there is no {LicenceTemplate.Placeholder} in it, so the licence does not name the model.");
        return text;
    }

    private static string? FindBaseLicence(ModelCard card, string? folder, List<string> warnings)
    {
        var file = folder is null ? null
            : LicenceNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (file is not null)
            return ReadText(file);
        warnings.Add(folder is null
            ? $"the licence of {card.Base} is not among the files: give its folder, or put the text beside {LicenceName} as {BaseLicenceName}."
            : $"{folder}: there is no licence file in it: put the base's licence beside {LicenceName} as {BaseLicenceName}.");
        return null;
    }

    private static string ReadText(string file)
    {
        if (!File.Exists(file))
            throw new BadInputException($"{file}: there is no such file.");
        if (new FileInfo(file).Length > LongestLicence)
            throw new BadInputException($"{file}: {ByteSize.Format(new FileInfo(file).Length)} are too much for a licence text.");
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
