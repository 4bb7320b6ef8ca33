using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;

namespace Caravan.Data.Datasets.Preference;

/// <summary>Nectar: seven ranked answers to a prompt; the first against a random other of a lower rank.</summary>
public sealed class Nectar : PreferenceDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "nectar",
        Title = "Nectar, answers ranked by GPT-4",
        Homepage = "https://huggingface.co/datasets/berkeley-nest/Nectar",
        Licence = Licence.Apache2,
        Size = "183,000 pairs",
        Files =
        [
            new("rlaif.parquet", "https://huggingface.co/datasets/berkeley-nest/Nectar/resolve/main/rlaif.parquet"),
        ],
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var draws = run.Draws("rejected");
        return run.Map<PreferenceRecord>([run.Raw.Need("rlaif.parquet", "rlaif.jsonl")], null, (source, records) =>
        {
            var prompt = HhRlhf.Transcript(source.Text("prompt"), () => { });
            if (prompt is [.., { Role: "assistant" }])
                prompt.RemoveAt(prompt.Count - 1);
            var answers = source.Array("answers").EnumerateArray()
                .Select((answer, i) => (
                    Text: source.Text(answer, "answer", $"answers[{i}].answer"), Rank: Rank(source, answer, i)))
                .OrderBy(answer => answer.Rank).ToList();
            var worse = answers.Where(answer => answer.Rank > answers[0].Rank).ToList();
            if (prompt.Count == 0 || worse.Count == 0)
            {
                source.Skip(prompt.Count == 0 ? "no_prompt" : "no_worse_answer");
                return;
            }
            var rejected = worse[draws.At(source.Ordinal, worse.Count)];
            records.Add(new PreferenceRecord(Card.Slug, "",
                [.. prompt, new("assistant", answers[0].Text)], [.. prompt, new("assistant", rejected.Text)])
            {
                Origin = source.Origin,
            });
        });
    }

    private static double Rank(SourceRecord source, JsonElement answer, int index) =>
        SourceRecord.Find(answer, "rank") is { ValueKind: JsonValueKind.Number } rank
            ? rank.GetDouble()
            : throw source.Fault(RecordFault.NoContent, $"answers[{index}].rank: expected a number.");
}
