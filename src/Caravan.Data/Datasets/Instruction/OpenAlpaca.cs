using Caravan.Data.Conversion;
using Caravan.Data.Json;
using Caravan.Data.Lineage;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// OpenAlpaca: Dolly's records of at most 2,000 words, with OpenAlpaca's own prompts. Made from Dolly's file; the
/// published <c>openalpaca.json</c> is read as well, and written on request.
/// </summary>
public sealed class OpenAlpaca : InstructionDataset
{
    private const int MostWords = 2000;
    private const string PublishedName = "openalpaca.json";
    private const string LayoutOption = "layout";
    private const string Prompts = "prompt";
    private const string Messages = "messages";
    private const string Published = "published";

    public override DatasetCard Card { get; } = new()
    {
        Slug = "openalpaca",
        Title = "OpenAlpaca, Dolly with a length limit and prompts of its own",
        Homepage = "https://github.com/yxuansu/OpenAlpaca",
        Licence = Licence.CcBySa3,
        Size = "about 15,000",
        Options =
        [
            new(LayoutOption, Prompts,
                $"{Prompts}: the question is OpenAlpaca's whole prompt; {Messages}: the plain texts, for a chat " +
                $"template to lay out; {Published}: {PublishedName} as it was published"),
        ],
        Files =
        [
            new("databricks-dolly-15k.jsonl",
                "https://huggingface.co/datasets/databricks/databricks-dolly-15k/resolve/main/" +
                "databricks-dolly-15k.jsonl"),
        ],
    };

    internal override string OutputName(ConversionSettings settings) =>
        settings.Option(Card, LayoutOption) == Published ? PublishedName : base.OutputName(settings);

    /// <summary>
    /// Writes the records, or the array of OpenAlpaca's own file: indented by four, ASCII, without a line end behind
    /// it, every byte as Python's <c>json.dump</c> would have it.
    /// </summary>
    internal override void Write(ConversionRun run, Stream output)
    {
        if (Layout(run) != Published)
        {
            base.Write(run, output);
            return;
        }
        var json = new JsonLine(ascii: true);
        output.Write("["u8);
        foreach (var (instruction, input, answer) in Tasks(run))
        {
            json.Clear();
            json.Raw(run.Tally.Written == 0 ? "\n    {\n"u8 : ",\n    {\n"u8)
                .Raw("        \"instruction\": "u8).Text(instruction)
                .Raw(",\n        \"input\": "u8).Text(input)
                .Raw(",\n        \"output\": "u8).Text(answer).Raw("\n    }"u8);
            output.Write(json.Written);
            run.Tally.Written++;
        }
        output.Write(run.Tally.Written == 0 ? "]"u8 : "\n]"u8);
        run.Tally.Verify();
    }

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var plain = Layout(run) == Messages;
        return run.Records(Locations(run), null, (source, records) =>
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

    private static IEnumerable<(string Instruction, string Input, string Output)> Tasks(ConversionRun run) =>
        run.Map<(string, string, string)>(Locations(run), null, (source, tasks) =>
        {
            if (Task(source) is not { } task)
                return;
            if (!Whitespace.IsBlank(task.Output))
                tasks.Add(task);
            else if (run.Settings.DropEmpty)
                source.Skip("empty_answer");
            else
            {
                source.Tally.Warn(RecordWarning.BlankAnswer, source.Origin);
                tasks.Add(task);
            }
        });

    private static string Layout(ConversionRun run) => run.Choice(LayoutOption, Prompts, Messages, Published);

    private static string[] Locations(ConversionRun run) =>
        [run.Raw.Need("databricks-dolly-15k.jsonl", PublishedName)];

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
