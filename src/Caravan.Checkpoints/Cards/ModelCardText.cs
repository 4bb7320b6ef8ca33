using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Caravan.Checkpoints;

/// <summary>Writes a model card: Markdown with the front matter that the hub reads.</summary>
public static partial class ModelCardText
{
    private const string HubDatasets = "https://huggingface.co/datasets/";

    private static readonly JsonSerializerOptions Quoted = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Render(ModelCard card)
    {
        var text = new StringBuilder();
        FrontMatter(text, card);
        text.Append($"\n# {card.Name}\n\n{Introduction(card)}\n");
        if (card.IsDiff)
            text.Append($"\n{DiffNotice(card)}\n");
        Data(text, card);
        foreach (var table in card.Tables)
            Table(text, table);
        Usage(text, card);
        if (card.Prompt != CardPrompt.None)
            text.Append($"\n## Input format\n\n{InputFormat(card.Prompt)}\n");
        Scores(text, card);
        Licence(text, card);
        if (card.Citations.Count > 0)
        {
            var entries = string.Join("\n\n", card.Citations.Select(entry => entry.Trim()));
            text.Append($"\n## Citation\n\n```bibtex\n{entries}\n```\n");
        }
        return text.ToString();
    }

    // JSON's strings are YAML's double-quoted ones.
    private static string Quote(string value) => JsonSerializer.Serialize(value, Quoted);

    private static void FrontMatter(StringBuilder text, ModelCard card)
    {
        text.Append("---\nlanguage: en\nlicense: other\n");
        if (card.LicenceFiles is [var licence, ..])
            text.Append($"license_name: {Quote($"{card.Name}-licence")}\nlicense_link: {Quote(licence)}\n");
        if (HubId().IsMatch(card.Base))
            text.Append($"base_model: {Quote(card.Base)}\n");
        var onHub = card.Datasets.Select(dataset => dataset.Page ?? "")
            .Where(page => page.StartsWith(HubDatasets, StringComparison.Ordinal))
            .Select(page => page[HubDatasets.Length..]).Distinct().ToList();
        if (onHub.Count > 0)
            text.Append("datasets:\n").AppendJoin("", onHub.Select(id => $"  - {Quote(id)}\n"));
        text.Append("pipeline_tag: text-generation\n");
        if (card.GatedPrompt is { } prompt)
            text.Append($"extra_gated_prompt: {Quote(prompt)}\n");
        if (card.GatedFields.Count > 0)
        {
            text.Append("extra_gated_fields:\n")
                .AppendJoin("", card.GatedFields.Select(field => $"  {Quote(field.Name)}: {field.Type}\n"));
        }
        text.Append("---\n");
    }

    private static string Introduction(ModelCard card)
    {
        string?[] facts =
        [
            card.Architecture is { } name ? $"`{name}`" : null,
            card.Parameters is { } count ? $"{Billions(count)} parameters" : null,
        ];
        var known = string.Join(", ", facts.OfType<string>());
        return $"{card.Name} is {BaseLink(card)}, trained further to follow instructions" +
            $"{(known.Length > 0 ? $" ({known})" : "")}" +
            $"{(card.Method is { } method ? $", by {method} with Caravan" : "")}.";
    }

    private static string DiffNotice(ModelCard card) =>
        $"**This is a model diff.** The weights here are the difference between {card.Name} and its base, " +
        $"{card.Base}, and of no use alone: see below for how to recover the model.";

    private static void Data(StringBuilder text, ModelCard card)
    {
        if (card.Datasets.Count == 0)
            return;
        text.Append("\n## Training data\n\n| dataset | records | licence |\n| --- | ---: | --- |\n");
        foreach (var dataset in card.Datasets)
        {
            var name = dataset.Page is { } page ? $"[{Cell(dataset.Name)}]({page})" : Cell(dataset.Name);
            var records = dataset.Records?.ToString("#,0") ?? "–";
            text.Append($"| {name} | {records} | {Cell(dataset.Licence ?? "not recorded")} |\n");
        }
    }

    private static void Table(StringBuilder text, CardTable table)
    {
        text.Append($"\n## {table.Title}\n\n{Row(table.Columns)}")
            .Append($"|{string.Concat(table.Columns.Select(_ => " --- |"))}\n");
        foreach (var row in table.Rows)
            text.Append(Row(row));
    }

    private static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(Cell))} |\n";

    private static void Usage(StringBuilder text, ModelCard card)
    {
        text.Append("\n## Usage\n\n");
        if (card.IsDiff)
        {
            var (@base, diff, tuned) = (ModelCard.FolderName(card.Base), $"{card.Name}-diff", card.Name);
            text.Append($$"""
                Get {{card.Base}} as a Hugging Face model folder, `{{@base}}` below, and this repository as `{{diff}}`.
                Then either of

                ```sh
                caravan weights recover --path-raw {{@base}} --path-diff {{diff}} --path-tuned {{tuned}}
                python scripts/weight_diff.py recover --path_raw {{@base}} --path_tuned {{tuned}} --path_diff {{diff}}
                ```

                writes the model into `{{tuned}}`: the first with Caravan, in constant memory, the second with
                open-instruct.


                """);
        }
        text.Append($"```sh\ncaravan chat --model {card.Name}\n```\n\n")
            .Append("Any other program that loads Hugging Face model folders will do as well.\n");
    }

    private static string InputFormat(CardPrompt prompt) => prompt == CardPrompt.Tulu
        ? """
          ```
          <|user|>
          Your message
          <|assistant|>
          ```

          **The newline after `<|assistant|>` is part of the format.** Without it the answers can be a good deal worse.
          """
        : """
          Without an input:

          ```
          ### Instruction:
          {instruction}

          ### Response:
          ```

          With one:

          ```
          ### Input:
          {input}

          ### Instruction:
          {instruction}

          ### Response:
          ```
          """;

    private static void Scores(StringBuilder text, ModelCard card)
    {
        if (card.Scores.IsEmpty)
            return;
        var columns = card.Scores.Columns;
        text.Append("\n## Performance\n\n")
            .Append($"| {string.Join(" | ", columns.Select(column => Cell(column.Column)))} |\n")
            .Append($"|{string.Concat(columns.Select(_ => " ---: |"))}\n")
            .Append($"| {string.Join(" | ", columns.Select(column => column.Score.ToString("0.0#")))} |\n");
    }

    private static void Licence(StringBuilder text, ModelCard card)
    {
        text.Append("\n## Licence\n\n");
        if (card.LicenceFiles.Count > 0)
            text.Append($"See {string.Join(" and ", card.LicenceFiles.Select(file => $"[{file}]({file})"))}. ");
        text.Append($"The licence of {card.Base} binds this model too.\n");
        if (card.StrictestDataLicence is { } strictest)
            text.Append($"The strictest terms among the training data are: **{strictest}**.\n");
        var unknown = card.Datasets.Where(dataset => dataset.Licence is null).Select(dataset => dataset.Name).ToList();
        if (unknown.Count > 0)
            text.Append($"The terms of {string.Join(", ", unknown)} are not recorded and may be stricter.\n");
    }

    private static string BaseLink(ModelCard card) =>
        HubId().IsMatch(card.Base) ? $"[{card.Base}](https://huggingface.co/{card.Base})" : card.Base;

    private static string Billions(long count) => count switch
    {
        < 1_000_000 => count.ToString("#,0"),
        < 1_000_000_000 => $"{count / 1e6:0.#} million",
        _ => $"{count / 1e9:0.##} billion",
    };

    private static string Cell(string text) =>
        text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex(@"^[\w.-]+/[\w.-]+$", RegexOptions.ECMAScript)]
    private static partial Regex HubId();
}
