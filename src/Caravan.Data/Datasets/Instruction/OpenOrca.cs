using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Text;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// Open-Orca: FLAN questions answered by GPT-4 and, on request, by GPT-3.5, each with a system prompt. A blank system
/// prompt is left out, and kept as an empty message when converting as the reference does.
/// </summary>
public sealed class OpenOrca : InstructionDataset
{
    private const string Source = "https://huggingface.co/datasets/Open-Orca/OpenOrca/resolve/main/";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "open_orca",
        Title = "Open-Orca, FLAN answered by GPT-4 with explanations",
        Homepage = "https://huggingface.co/datasets/Open-Orca/OpenOrca",
        Licence = Licence.Mit,
        Size = "about 1,000,000 of GPT-4 raw; 30,000 used",
        Files =
        [
            new("1M-GPT4-Augmented.parquet", Source + "1M-GPT4-Augmented.parquet"),
            new("3_5M-GPT3_5-Augmented.parquet", Source + "3_5M-GPT3_5-Augmented.parquet", Optional: true),
        ],
        Options =
        [
            new("num_gpt4_examples", "30000", "how many of GPT-4's answers to draw"),
            new("num_gpt35_examples", "0", "how many of GPT-3.5's"),
        ],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var parts = new[]
        {
            (File: Card.Files[0].Name, Count: run.Number("num_gpt4_examples")),
            (File: Card.Files[1].Name, Count: run.Number("num_gpt35_examples")),
        };
        var wanted = parts.Where(part => part.Count != 0)
            .Select(part => (part.File, part.Count, Location: Location(run, part.File))).ToList();
        return wanted.SelectMany(part => run.Records(
            [part.Location], run.Choose([part.Location], part.Count, part.File),
            (source, records) => Convert(run, source, records)));
    }

    private static string Location(ConversionRun run, string file) =>
        run.Raw.Need(file, Path.ChangeExtension(file, ".jsonl"));

    private void Convert(ConversionRun run, SourceRecord source, RecordBatch records)
    {
        var id = source.Text("id");
        source.Name = id;
        var system = source.OptionalText("system_prompt") ?? "";
        var messages = new List<ChatMessage>
        {
            new("system", system), new("user", source.Text("question")), new("assistant", source.Text("response")),
        };
        if (Whitespace.IsBlank(system) && !run.AsReference)
        {
            messages.RemoveAt(0);
            source.Tally.Normalise("blank_system_prompt", source.Origin);
        }
        records.Add(new InstructionRecord(Card.Slug, id, messages) { Origin = source.Origin });
    }
}
