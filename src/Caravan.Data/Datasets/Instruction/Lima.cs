using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Text;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>LIMA: a thousand chosen conversations, as lists of texts in turn.</summary>
public sealed class Lima : InstructionDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "lima",
        Title = "LIMA, carefully chosen conversations",
        Homepage = "https://huggingface.co/datasets/GAIR/lima",
        Licence = Licence.CcByNcSa,
        Size = "1,030",
        Version = 2,
        Files = [new(
            "lima_train.jsonl", "https://huggingface.co/datasets/GAIR/lima/resolve/main/train.jsonl", Gated: true)],
        Options = [new("num_examples", "all", "how many to draw")],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        string[] locations = [run.Raw.Need("lima_train.jsonl", "train.jsonl")];
        return run.Records(
            locations, run.Choose(locations, run.Number("num_examples")), (source, records) =>
        {
            var messages = new List<ChatMessage>();
            foreach (var turn in source.Array("conversations").EnumerateArray())
            {
                var role = messages.Count % 2 == 0 ? "user" : "assistant";
                messages.Add(new ChatMessage(role, source.Text(turn, $"conversations[{messages.Count}]")));
            }
            if (messages.Count < 2)
            {
                source.Skip("no_answer");
                return;
            }
            if (messages.Count % 2 == 1)
            {
                messages.RemoveAt(messages.Count - 1);
                source.Tally.Normalise("odd_last_turn", source.Origin);
            }
            records.Add(new InstructionRecord(Card.Slug, $"{source.Ordinal}", messages) { Origin = source.Origin });
        });
    }
}
