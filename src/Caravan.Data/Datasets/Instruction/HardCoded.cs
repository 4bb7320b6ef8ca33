using Caravan.Data.Conversion;
using Caravan.Data.Lineage;
using Caravan.Data.Tables;
using Caravan.Files;

namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// Hard-coded: a spreadsheet of questions about the model itself and the answers it shall give. The whole list may be
/// repeated; each id then occurs as often.
/// </summary>
public sealed class HardCoded : InstructionDataset
{
    public override DatasetCard Card { get; } = new()
    {
        Slug = "hard_coded",
        Title = "Answers about the model itself",
        Homepage = "https://huggingface.co/datasets/hamishivi/tulu_mix_store",
        Licence = Licence.NotStated,
        Size = "14; 140 in Tülu v2",
        Files =
        [
            new("hard_coded_examples.xlsx",
                "https://huggingface.co/datasets/hamishivi/tulu_mix_store/resolve/main/hard_coded_examples.xlsx"),
        ],
        Options = [new("repeat", "1", "how often the list stands in the output")],
    };

    protected override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        string[] locations = [run.Raw.Need("hard_coded_examples.xlsx", "hard_coded_examples.csv")];
        var repeat = run.Number("repeat")
            ?? throw new BadInputException("Dataset hard_coded: repeat must be a number.");
        var times = Enumerable.Range(0, repeat);
        return times.SelectMany(_ => run.Records(locations, null, (source, records) =>
            records.Add(Pair(source, Cell(source, "Prompt"), Cell(source, "Output"), $"{source.Ordinal}"))));
    }

    private static string Cell(SourceRecord source, string column)
    {
        var names = source.Root.EnumerateObject().Select(property => property.Name).ToList();
        var index = names.IndexOf(column);
        if (index < 0)
        {
            throw source.Fault(RecordFault.NoContent,
                $"{column}: no such column; the header has {string.Join(", ", names)}.");
        }
        var text = source.OptionalText(column);
        return Whitespace.IsBlank(text)
            ? throw source.Fault(RecordFault.NoContent,
                $"{column}: cell {CellAddress.Of(index, source.Origin.Line)} is blank.")
            : text!;
    }
}
