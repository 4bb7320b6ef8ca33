using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;

namespace Caravan.Data.Datasets.Preference;

/// <summary>
/// Orca DPO pairs: GPT-4's answers against a smaller model's; the system prompt is left out, as published.
/// </summary>
public sealed class OrcaDpo : PreferenceDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "orca_dpo_pairs",
        Title = "Orca DPO pairs",
        Homepage = "https://huggingface.co/datasets/Intel/orca_dpo_pairs",
        Licence = Licence.Apache2,
        Size = "12,900 pairs",
        Version = 3,
        Files =
        [
            new("orca_rlhf.jsonl", "https://huggingface.co/datasets/Intel/orca_dpo_pairs/resolve/main/orca_rlhf.jsonl"),
        ],
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run) =>
        run.Map<PreferenceRecord>([run.Raw.Need("orca_rlhf.jsonl", "train.parquet")], null, (source, records) =>
            records.Add(
                Pair(source.Origin, source.OptionalText("question") ?? source.Text("input"), source.Text("chosen"),
                source.Text("rejected"))));
}
