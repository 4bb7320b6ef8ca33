using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;

namespace Caravan.Data.Datasets.Preference;

/// <summary>StackExchange: of two answers to a question, the one with more votes.</summary>
public sealed class StackExchange : PreferenceDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "stack_exchange",
        Title = "StackExchange, votes on answers",
        Homepage = "https://huggingface.co/datasets/lvwerra/stack-exchange-paired",
        Licence = Licence.CcBySa4,
        Size = "500,000 pairs used",
        Version = 3,
        Options = [new("num_examples", "500000", "how many to draw")],
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var parquet = run.Raw.Match("*.parquet");
        var locations = parquet.Count > 0 ? parquet : [run.Raw.Need("train.jsonl")];
        return run.Map<PreferenceRecord>(
            locations, run.Choose(locations, run.Number("num_examples")), (source, records) =>
            records.Add(
                Pair(source.Origin, source.Text("question"), source.Text("response_j"), source.Text("response_k"))));
    }
}
