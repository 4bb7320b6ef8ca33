using Caravan.Data.Conversion;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// Flan V2: a sample of the FLAN collection. <see cref="FlanResampler"/> draws such a sample from the whole collection.
/// </summary>
public sealed class FlanV2 : InstructionDataset
{
    private const string Source = "https://huggingface.co/datasets/hamishivi/tulu_mix_store/resolve/main/";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "flan_v2",
        Title = "FLAN collection v2, resampled",
        Homepage = "https://huggingface.co/datasets/hamishivi/tulu_mix_store",
        Licence = Licence.Apache2,
        Size = "100,000; 50,000 in Tülu v2",
        Files =
        [
            new("tulu_v1_resampled_flan_100k.jsonl", Source + "flan_v2_resampled_100k.jsonl"),
            new("tulu_v2_resampled_flan_50k.jsonl", Source + "flan_v2_resampled_50k.jsonl"),
        ],
        Options = [new("sample", "v1", "which sample: v1 has 100,000 records, v2 has 50,000")],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var location = run.Choice("sample", "v1", "v2") == "v1"
            ? run.Raw.Need("tulu_v1_resampled_flan_100k.jsonl", "flan_v2_resampled_100k.jsonl")
            : run.Raw.Need("tulu_v2_resampled_flan_50k.jsonl", "flan_v2_resampled_50k.jsonl");
        return run.Records([location], null, (source, records) =>
            records.Add(Pair(source, Cot.FlanPrompt(source.Text("inputs")), source.Text("targets"))));
    }
}
