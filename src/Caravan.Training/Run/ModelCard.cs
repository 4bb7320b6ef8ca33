using System.Text;
using Caravan.Data.Lineage;
using Caravan.Files;
using Caravan.Training.Data;

namespace Caravan.Training.Run;

/// <summary>The model card of a finished run, <c>README.md</c> of its directory: where the model comes from, what it
/// learned from under which terms, how, and what came of it.</summary>
internal static class ModelCard
{
    /// <param name="method">In words: "supervised finetuning".</param>
    /// <param name="settings">The keys of the configuration that are not at their defaults.</param>
    /// <param name="results">Names and values.</param>
    public static void Write(
        string folder, string baseModel, string method, IReadOnlyList<DataSource> sources,
        IEnumerable<KeyValuePair<string, string>> settings, IEnumerable<KeyValuePair<string, string>> results)
    {
        var licences = sources.SelectMany(source => source.Licences).Distinct().ToList();
        var strictest = LicencePolicy.Strictest(licences.Select(source => source.Licence));
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var card = new StringBuilder($"""
            ---
            base_model: {Quote(baseModel)}
            tags: [caravan, instruction-tuning]
            ---
            # {name}

            Made from `{baseModel}` by {method} with Caravan.

            ## Terms

            The strictest terms of the data: **{strictest.Name}** ({Describe(strictest.Use)}). Those of the base model
            apply besides.

            | dataset | terms |
            | --- | --- |

            """);
        foreach (var (dataset, licence) in licences)
            card.Append($"| {Cell(dataset)} | {Cell(licence.Name)} |\n");
        card.Append("\n## Data\n\n| file | records | taken | SHA-256 |\n| --- | ---: | --- | --- |\n");
        foreach (var source in sources)
            card.Append($"| {Cell(Path.GetFileName(source.File))} | {source.Records} | {source.Amount} | `{source.Contents.Sha256[..16]}…` |\n");
        AppendTable(card, "Results", results);
        AppendTable(card, "Settings", settings);
        AtomicFile.WriteText(Path.Combine(folder, "README.md"), card.ToString());
    }

    private static void AppendTable(StringBuilder card, string title, IEnumerable<KeyValuePair<string, string>> rows)
    {
        card.Append($"\n## {title}\n\n| | |\n| --- | --- |\n");
        foreach (var (name, value) in rows)
            card.Append($"| {Cell(name)} | {Cell(value)} |\n");
    }

    private static string Describe(LicenceUse use) => use switch
    {
        LicenceUse.Permissive => "any use, with attribution at most",
        LicenceUse.ShareAlike => "any use; what is derived stays under the same terms",
        LicenceUse.NonCommercial => "no commercial use",
        LicenceUse.Research => "research only",
        _ => "none can be relied on",
    };

    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|");

    private static string Quote(string text) => $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
}
