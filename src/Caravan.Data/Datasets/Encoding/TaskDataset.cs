using Caravan.Data.Conversion;

namespace Caravan.Data.Datasets.Encoding;

/// <summary>
/// The datasets whose raw records are an instruction, an input and an output in one file, each worded by
/// <see cref="InstructionEncoding"/>.
/// </summary>
public abstract class TaskDataset : InstructionDataset
{
    /// <summary>The raw files in order, by their names; all must be there.</summary>
    protected virtual IReadOnlyList<string> Locations(ConversionRun run) =>
        [.. Card.Files.Select(file => run.Raw.Need(file.Name))];

    /// <summary>How many records to draw; null for all.</summary>
    protected virtual int? SampleSize(ConversionRun run) => null;

    /// <summary>The raw record's keys for instruction, input and output.</summary>
    protected virtual (string Instruction, string Input, string Output) Keys => ("instruction", "input", "output");

    protected sealed override IEnumerable<InstructionRecord> Records(ConversionRun run)
    {
        var draws = run.Draws("templates");
        var locations = Locations(run);
        return run.Map<InstructionRecord>(locations, run.Choose(locations, SampleSize(run)), (source, records) =>
        {
            var input = source.OptionalText(Keys.Input);
            if (input is null)
                source.Tally.Normalise("no_input", source.Origin);
            var (prompt, completion) = InstructionEncoding.Encode(
                source.Text(Keys.Instruction), input, source.Text(Keys.Output), draws.At(source.Ordinal));
            records.Add(Pair(source, prompt, completion));
        });
    }
}
