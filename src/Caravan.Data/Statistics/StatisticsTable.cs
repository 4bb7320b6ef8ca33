using System.Globalization;
using System.Text.Json;
using Caravan.Files;

namespace Caravan.Data.Statistics;

/// <summary>
/// Many datasets' statistics files as one table, the one that open-instruct prints of them: a row for each, sorted by
/// name, numbers with two decimals.
/// </summary>
public static class StatisticsTable
{
    private const string Suffix = "_statistics.json";

    private static readonly string[] Head =
    [
        "Dataset", "Num Instances", "Avg Total Length", "Max Total Length", "Avg User Prompt",
        "Avg Assistant Response", "Avg Turns", "% > 512", "% > 1024", "% > 2048", "% > 4096",
    ];

    /// <summary>The forms that <see cref="Write"/> knows.</summary>
    public static IReadOnlyList<string> Forms { get; } = ["markdown", "latex"];

    /// <summary>The rows of all <c>NAME_statistics.json</c> in a folder and the folders in it.</summary>
    /// <exception cref="BadInputException">There are none, or one is not such a file.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Read(string folder)
    {
        var rows = Directory.EnumerateFiles(folder, "*" + Suffix, SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Select(Row).OrderBy(row => row[0], StringComparer.Ordinal).ToList();
        return rows.Count > 0 ? rows : throw new BadInputException(
            $"{folder}: no file NAME{Suffix} is in this folder. 'caravan data stats FILE --json NAME{Suffix}' writes " +
            "one.");
    }

    /// <summary>The table as text.</summary>
    public static string Write(IReadOnlyList<IReadOnlyList<string>> rows, string form)
    {
        if (form == "markdown")
        {
            string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |\n";
            return Line(Head) + $"|{string.Join("|", Head.Select(_ => "---"))}|\n" + string.Concat(rows.Select(Line));
        }
        string Cells(IEnumerable<string> cells) =>
            $"{string.Join(" & ", cells.Select(cell => cell.Replace("%", "\\%").Replace("_", "\\_")))} \\\\\n";
        return $"\\begin{{tabular}}{{l{new string('r', Head.Length - 1)}}}\n\\hline\n{Cells(Head)}\\hline\n" +
            $"{string.Concat(rows.Select(Cells))}\\hline\n\\end{{tabular}}\n";
    }

    private static IReadOnlyList<string> Row(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            var count = root.GetProperty("num_instances").GetInt64();
            string Of(string summary, string value) => Text(root.GetProperty(summary).GetProperty(value));
            string Share(int limit) => Text(100.0 / Math.Max(1, count) *
                root.GetProperty($"num_instances_with_total_length_gt_{limit}").GetInt64());
            return
            [
                Path.GetFileName(path)[..^Suffix.Length], count.ToString(CultureInfo.InvariantCulture),
                Of("total_lengths_summary", "mean"), Of("total_lengths_summary", "max"),
                Of("user_prompt_lengths_summary", "mean"), Of("assistant_response_lengths_summary", "mean"),
                Of("turns_summary", "mean"), Share(512), Share(1024), Share(2048), Share(4096),
            ];
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException
            or InvalidOperationException or FormatException)
        {
            throw new BadInputException(
                $"{path}: not a statistics file of conversations: {exception.Message}", exception);
        }
    }

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? "–" : Text(value.GetDouble());

    private static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
