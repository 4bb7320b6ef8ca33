using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// A mixture of Tülu's as it was published. The recipes cannot give these records exactly, because raw data moved and
/// random choices were not kept; names and ids stay as published.
/// </summary>
public sealed class TuluMixture : InstructionDataset
{
    private const int Shards = 3;

    /// <summary>The mixture of version 1 or 2.</summary>
    public TuluMixture(int version, string size)
    {
        var page = $"https://huggingface.co/datasets/allenai/tulu-v{version}-sft-mixture";
        Card = new DatasetCard
        {
            Slug = $"tulu_v{version}_mixture",
            Title = $"Tülu {version}'s mixture as published",
            Homepage = page,
            Licence = Licence.OdcBy,
            Size = size,
            Files =
            [
                .. Enumerable.Range(0, Shards).Select(shard => new RemoteFile($"{shard:0000}.parquet",
                    $"{page}/resolve/refs%2Fconvert%2Fparquet/default/train/{shard:0000}.parquet")),
            ],
        };
    }

    public override DatasetCard Card { get; }

    /// <summary>Ids stay as they were published.</summary>
    protected override string IdPrefix => "";

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var locations = run.Raw.Match("*.parquet");
        if (locations.Count == 0)
            locations = run.Raw.Match("*.jsonl");
        if (locations.Count == 0)
            locations = [run.Raw.Need(Card.Files[0].Name)];
        return run.Records(locations, null, (source, records) =>
        {
            var (dataset, id) = (source.Text("dataset"), source.Text("id"));
            source.Name = id;
            var fields = new JsonFields(source.Root, source.Origin, dataset, id);
            var messages = InstructionParser.Messages(source.Array("messages"), "messages", fields);
            records.Add(new InstructionRecord(dataset, id, messages) { Origin = source.Origin });
        });
    }
}
