using Caravan.Data.Conversion;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// OpenAlpaca: Dolly's records of at most 2,000 words, with OpenAlpaca's own prompts. Made from Dolly's file; the
/// published <c>openalpaca.json</c> is read as well.
/// </summary>
public sealed class OpenAlpaca : InstructionDataset
{
    private const int MostWords = 2000;
    private const string LayoutOption = "layout";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "openalpaca",
        Title = "OpenAlpaca, Dolly with a length limit and prompts of its own",
        Homepage = "https://github.com/yxuansu/OpenAlpaca",
        Licence = Licence.CcBySa3,
        Size = "about 15,000",
        Options =
        [
            new(LayoutOption, "prompt",
                "prompt: the question is OpenAlpaca's whole prompt; messages: the plain texts, for a chat template " +
                "to lay out"),
        ],
        Files =
        [
            new("databricks-dolly-15k.jsonl",
                "https://huggingface.co/datasets/databricks/databricks-dolly-15k/resolve/main/" +
                "databricks-dolly-15k.jsonl"),
        ],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        string[] locations = [run.Raw.Need("databricks-dolly-15k.jsonl", "openalpaca.json")];
        var plain = run.Choice(LayoutOption, "prompt", "messages") == "messages";
        return run.Records(locations, null, (source, records) =>
        {
            if (Task(source) is not var (instruction, input, output))
                return;
            var record = Pair(source, plain ? instruction : Prompt(instruction, input), output);
            // Where there is an input, the templates take the instruction as a system message.
            records.Add(plain && input.Length > 0
                ? record with { Messages = [new("system", instruction), new("user", input), new("assistant", output)] }
                : record);
        });
    }

    /// <summary>The texts of a record, as <c>openalpaca.json</c> has them, or null if it is too long.</summary>
    internal static (string Instruction, string Input, string Output)? Task(SourceRecord source)
    {
        var instruction = source.Text("instruction");
        var input = source.OptionalText("context") ?? source.OptionalText("input") ?? "";
        var output = source.OptionalText("response") ?? source.Text("output");
        if (input.Length > 0 && Whitespace.IsBlank(input))
            source.Tally.Warn("blank_input", source.Origin);
        var words = Whitespace.CountWords(instruction) + Whitespace.CountWords(input) + Whitespace.CountWords(output);
        if (words <= MostWords)
            return (instruction, input, output);
        source.Skip("more_than_2000_words");
        return null;
    }

    /// <summary>
    /// The documented prompt, in which the input stands before the instruction. Only an input of no characters at all
    /// counts as none.
    /// </summary>
    internal static string Prompt(string instruction, string input) => input.Length == 0
        ? $"### Instruction:\n{instruction}\n\n### Response:"
        : $"### Input:\n{input}\n\n### Instruction:\n{instruction}\n\n### Response:";
}
