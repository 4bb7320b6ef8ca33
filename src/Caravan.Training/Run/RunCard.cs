using Caravan.Checkpoints;
using Caravan.Data.Lineage;
using Caravan.Files;
using Caravan.Training.Data;

namespace Caravan.Training.Run;

/// <summary>The model card of a finished run, <c>README.md</c> of its directory: where the model comes from, what it
/// learned from under which terms, how, and what came of it.</summary>
internal static class RunCard
{
    /// <param name="method">In words: "supervised finetuning".</param>
    /// <param name="template">The name of the conversations' layout.</param>
    /// <param name="settings">The keys of the configuration that are not at their defaults.</param>
    /// <param name="results">Names and values.</param>
    public static void Write(
        string folder, string baseModel, string method, string template, IReadOnlyList<DataSource> sources,
        IEnumerable<KeyValuePair<string, string>> settings, IEnumerable<KeyValuePair<string, string>> results)
    {
        var licences = sources.SelectMany(source => source.Licences).Distinct().ToList();
        var strictest = LicencePolicy.Strictest(licences.Select(source => source.Licence));
        var prompt = template switch
        {
            "tulu" => CardPrompt.Tulu,
            "openalpaca-v1" => CardPrompt.OpenAlpaca,
            _ => CardPrompt.None,
        };
        var card = new ModelCard
        {
            Id = FolderName(folder),
            Base = FolderName(baseModel),
            Method = method,
            Datasets = [.. licences.Select(source =>
                new CardDataset(source.Dataset, null, source.Licence.Name, Records: null))],
            StrictestDataLicence = $"{strictest.Name} ({Describe(strictest.Use)})",
            Tables =
            [
                new CardTable("Files", ["file", "records", "taken", "SHA-256"], [.. sources.Select(Row)]),
                CardTable.OfPairs("Results", results),
                CardTable.OfPairs("Settings", settings),
            ],
            Prompt = prompt,
            Citations = Citations.For(FolderName(baseModel), prompt),
        };
        AtomicFile.WriteText(Path.Combine(folder, "README.md"), ModelCardText.Render(card));
    }

    private static string FolderName(string path) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));

    private static string[] Row(DataSource source) =>
    [
        Path.GetFileName(source.File), $"{source.Records}", source.Amount, $"`{source.Contents.Sha256[..16]}…`",
    ];

    private static string Describe(LicenceUse use) => use switch
    {
        LicenceUse.Permissive => "any use, with attribution at most",
        LicenceUse.ShareAlike => "any use; what is derived stays under the same terms",
        LicenceUse.NonCommercial => "no commercial use",
        LicenceUse.Research => "research only",
        _ => "none can be relied on",
    };
}
