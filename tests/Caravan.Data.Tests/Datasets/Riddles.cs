using Caravan.Data.Conversion;
using Caravan.Data.Lineage;

namespace Caravan.Data.Tests.Datasets;

/// <summary>Riddles: questions with one right answer.</summary>
public sealed class Riddles : InstructionDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "riddles",
        Title = "Riddles, written by people",
        Homepage = "https://example.org/riddles",
        Licence = Licence.CcBy4,
        Size = "1,200",
        Files = [new("riddles.jsonl", "https://example.org/riddles.jsonl")],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        string[] locations = [run.Raw.Need("riddles.jsonl")];
        return run.Records(locations, null, (source, records) =>
            records.Add(Pair(source, source.Text("riddle"), source.Text("answer"))));
    }
}
