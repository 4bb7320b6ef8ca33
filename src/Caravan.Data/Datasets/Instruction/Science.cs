using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Text;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>Science: tasks on scientific papers. Each record says which of six sets it is from.</summary>
public sealed class Science : InstructionDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "science",
        Title = "Tasks on scientific papers, six sets",
        Homepage = "https://huggingface.co/datasets/hamishivi/tulu_mix_store",
        Licence = Licence.NotStated,
        Size = "7,544",
        Files =
        [
            new("science_train.jsonl",
                "https://huggingface.co/datasets/hamishivi/tulu_mix_store/resolve/main/science_train.jsonl"),
        ],
        Options = [new("num_examples", "all", "how many to draw")],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        string[] locations = [run.Raw.Need("science_train.jsonl")];
        return run.Records(
            locations, run.Choose(locations, run.Number("num_examples")), (source, records) =>
        {
            var subset = source.OptionalText("dataset");
            if (subset is null)
                source.Tally.Warn("no_dataset", source.Origin);
            ChatMessage[] messages = [new("user", source.Text("input")), new("assistant", source.Text("output"))];
            records.Add(
                new InstructionRecord($"science.{subset ?? "unknown"}", "", messages) { Origin = source.Origin });
        });
    }
}
