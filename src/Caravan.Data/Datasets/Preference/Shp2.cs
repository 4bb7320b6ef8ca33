using System.Text.Json;
using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Preferences;

namespace Caravan.Data.Datasets.Preference;

/// <summary>SHP-2: of two comments on a post, the one that readers voted higher.</summary>
public sealed class Shp2 : PreferenceDataset
{
    /// <summary>What records give as their dataset, as in Tülu 2.5's data.</summary>
    private const string Source = "shp";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "shp_2",
        Title = "Stanford Human Preferences 2, votes on comments",
        Homepage = "https://huggingface.co/datasets/stanfordnlp/SHP-2",
        Licence = Licence.NotStated,
        Size = "4,320,000 pairs raw; 500,000 used",
        Version = 3,
        Options = [new("num_examples", "500000", "how many to draw")],
    };

    protected override IEnumerable<PreferenceRecord> Records(ConversionRun run)
    {
        var json = run.Raw.Match("*.json*");
        var locations = json.Count > 0 ? json : [run.Raw.Need("train.parquet")];
        return run.Map<PreferenceRecord>(
            locations, run.Choose(locations, run.Number("num_examples")), (source, records) =>
        {
            var first = SourceRecord.Find(source.Root, "labels") is { ValueKind: JsonValueKind.Number } label
                ? label.GetDouble() == 1
                : throw source.Fault(RecordFault.NoContent, "labels: expected 0 or 1.");
            var (a, b) = (source.Text("human_ref_A"), source.Text("human_ref_B"));
            records.Add(
                Pair(source.Origin, source.Text("history"), first ? a : b, first ? b : a) with { Dataset = Source });
        });
    }
}
