using Caravan.Data.Conversion;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// CoT: the chain-of-thought part of FLAN, questions without and then with worked examples before them.
/// </summary>
public sealed class Cot : InstructionDataset
{
    private const string Source = "https://huggingface.co/datasets/hamishivi/tulu_mix_store/resolve/main/";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "cot",
        Title = "Chain-of-thought tasks of FLAN",
        Homepage = "https://huggingface.co/datasets/hamishivi/tulu_mix_store",
        Licence = Licence.Apache2,
        Size = "100,000; 50,000 in Tülu v2",
        Files =
        [
            new("cot_zsopt.jsonl", Source + "cot_zsopt.jsonl"), new("cot_fsopt.jsonl", Source + "cot_fsopt.jsonl"),
        ],
        Options =
        [
            new("num_zero_shot_examples", "50000", "how many questions without worked examples to draw"),
            new("num_few_shot_examples", "50000", "how many with"),
        ],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        // Both parts are looked for before anything is read.
        var parts = new[]
        {
            (Name: "cot_zsopt.jsonl", Count: run.Number("num_zero_shot_examples")),
            (Name: "cot_fsopt.jsonl", Count: run.Number("num_few_shot_examples")),
        };
        var wanted = parts.Where(part => part.Count != 0)
            .Select(part => (part.Name, part.Count, Location: run.Raw.Need(part.Name))).ToList();
        return wanted.SelectMany(part => run.Records(
            [part.Location], run.Choose([part.Location], part.Count, part.Name), FlanPair));
    }

    private void FlanPair(SourceRecord source, RecordBatch records) =>
        records.Add(Pair(source, FlanPrompt(source.Text("inputs")), source.Text("targets")));

    /// <summary>
    /// FLAN's prompts end where the answer begins: one that ends neither in a newline nor, blanks aside, in a colon
    /// gets a newline.
    /// </summary>
    internal static string FlanPrompt(string prompt) =>
        prompt.EndsWith('\n') || Whitespace.TrimEnd(prompt).EndsWith(":") ? prompt : prompt + "\n";
}
