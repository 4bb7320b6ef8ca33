using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Files;
using Caravan.Text;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>WizardLM: instructions that a model made harder step by step (Evol-Instruct, version 2).</summary>
public sealed class WizardLm : InstructionDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "wizardlm",
        Title = "WizardLM Evol-Instruct V2",
        Homepage = "https://huggingface.co/datasets/WizardLMTeam/WizardLM_evol_instruct_V2_196k",
        Licence = Licence.NotStated,
        Size = "143,000 raw; 30,000 used",
        Files =
        [
            new("train-00000-of-00001.parquet",
                "https://huggingface.co/datasets/ai2-adapt-dev/wizardlm-backup/resolve/main/data/" +
                "train-00000-of-00001.parquet"),
        ],
        Options = [new("num_examples", "30000", "how many to draw")],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var json = run.Raw.Match("*.json");
        var locations = json.Count > 0 ? json : run.Raw.Match("*.parquet");
        if (locations.Count == 0)
        {
            throw new BadInputException(
                $"{run.Raw.Path}: no .json and no .parquet file of WizardLM is there. Fetch it, or put one into this folder.");
        }
        return run.Records(locations, run.Choose(locations, run.Number("num_examples")), Convert);
    }

    private void Convert(SourceRecord source, RecordBatch records)
    {
        var id = source.OptionalText("idx");
        source.Name = id;
        if (id is null)
            source.Tally.Warn("no_idx", source.Origin);
        var messages = new List<ChatMessage>();
        var inTurn = true;
        foreach (var turn in source.Array("conversations").EnumerateArray())
        {
            var path = $"conversations[{messages.Count}]";
            var user = messages.Count % 2 == 0;
            inTurn &= source.Text(turn, "from", path + ".from") == (user ? "human" : "gpt");
            messages.Add(new ChatMessage(user ? "user" : "assistant", source.Text(turn, "value", path + ".value")));
        }
        if (messages.Count == 0 || messages.Count % 2 == 1)
            source.Skip("odd_length");
        else if (!inTurn)
            source.Skip("wrong_sender");
        else
            records.Add(
                new InstructionRecord(Card.Slug, id ?? $"{source.Ordinal}", messages) { Origin = source.Origin });
    }
}
