using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;
using Caravan.Text;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// WebGPT: of two answers to a question, each from its own excerpts of web pages, the one that was scored higher. The
/// excerpts are part of the prompt, so the two sides' prompts differ.
/// </summary>
public sealed class WebGpt : PreferenceDataset
{
    private const string System = "You answer questions with the help of numbered excerpts from web pages.";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "webgpt",
        Title = "WebGPT comparisons, answers from web pages",
        Homepage = "https://huggingface.co/datasets/openai/webgpt_comparisons",
        Licence = Licence.NotStated,
        Size = "14,346 pairs without ties",
        Version = 2,
        Files =
        [
            new("comparisons.parquet",
                "https://huggingface.co/datasets/openai/webgpt_comparisons/resolve/refs%2Fconvert%2Fparquet/default/" +
                "train/0000.parquet"),
        ],
    };

    protected override bool Trims(ConversionRun run) => false;

    protected override bool AllowsDivergentPrompts => true;

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run) =>
        run.Map<PreferenceRecord>([run.Raw.Need("comparisons.parquet", "comparisons.jsonl")], null, (source, records) =>
        {
            var (first, second) = (Score(source, "score_0"), Score(source, "score_1"));
            if (first == second)
            {
                source.Skip("tie");
                return;
            }
            var better = first > second ? 0 : 1;
            records.Add(new PreferenceRecord(Card.Slug, "", Side(source, better), Side(source, 1 - better))
            {
                Margin = Math.Abs(first - second),
                OtherKeys = OtherKeys.Text("prompt", Question(source)),
                Origin = source.Origin,
            });
        });

    private static ChatMessage[] Side(SourceRecord source, int side)
    {
        var quotes = SourceRecord.Find(source.Root, $"quotes_{side}") ?? default;
        var excerpts = source.Array(quotes, "extract", $"quotes_{side}.extract").EnumerateArray()
            .Select((extract, i) => $"{i + 1}. {source.Text(extract, $"quotes_{side}.extract[{i}]")}");
        var user = $"{Question(source)}\n\n{string.Join("\n\n", excerpts)}";
        return [new("system", System), new("user", user), new("assistant", source.Text($"answer_{side}"))];
    }

    private static string Question(SourceRecord source) => source.Text(
        SourceRecord.Find(source.Root, "question") ?? default, "full_text", "question.full_text");

    private static double Score(SourceRecord source, string key) =>
        SourceRecord.Find(source.Root, key) is { ValueKind: JsonValueKind.Number } score
            ? score.GetDouble()
            : throw source.Fault(RecordFault.NoContent, $"{key}: expected a number.");
}
