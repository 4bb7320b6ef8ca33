using Caravan.Data.Conversion;
using Caravan.Data.Json;

namespace Caravan.Data.Datasets.Encoding;

/// <summary>
/// The datasets whose raw records are an instruction, an input and an output in one file, each worded by
/// <see cref="InstructionEncoding"/>.
/// </summary>
public abstract class TaskDataset : InstructionDataset
{
    private readonly byte[] _instruction;
    private readonly byte[] _input;
    private readonly byte[] _output;
    private readonly (string Instruction, string Input, string Output) _keys;

    /// <summary>A dataset whose raw records have these keys.</summary>
    protected TaskDataset(string instruction = "instruction", string input = "input", string output = "output")
    {
        _keys = (instruction, input, output);
        _instruction = JsonString.Of(instruction);
        _input = JsonString.Of(input);
        _output = JsonString.Of(output);
    }

    /// <summary>The raw files in order, by their names; all must be there.</summary>
    protected virtual IReadOnlyList<string> Locations(ConversionRun run) =>
        [.. Card.Files.Select(file => run.Raw.Need(file.Name))];

    /// <summary>How many records to draw; null for all.</summary>
    protected virtual int? SampleSize(ConversionRun run) => null;

    protected sealed override IEnumerable<RecordBatch> Records(ConversionRun run)
    {
        var draws = run.Draws("templates");
        var locations = Locations(run);
        return run.Records(locations, run.Choose(locations, SampleSize(run)), (source, records) =>
        {
            var input = source.OptionalText(_keys.Input);
            if (input is null)
                source.Tally.Normalise("no_input", source.Origin);
            InstructionEncoding.Add(records, source, "", source.Text(_keys.Instruction), input,
                source.Text(_keys.Output), draws.At(source.Ordinal));
        }, quick: (raw, ordinal, _, records) => TryAdd(raw, draws.At(ordinal), records));
    }

    // The common case, a flat object of texts with the three keys and at most one other.
    private bool TryAdd(RawRecord raw, double draw, RecordBatch records)
    {
        var cursor = new JsonCursor(raw.Utf8.Span, records.Room(JsonCursor.RoomFor(raw.Utf8.Span)).Span);
        if (!cursor.Take((byte)'{'))
            return false;
        ReadOnlySpan<byte> instruction = default, input = default, output = default;
        int seen = 0, keys = 0;
        do
        {
            if (!cursor.TryKey(out var key) || !cursor.TryText(out var text))
                return false;
            keys++;
            var which = key.SequenceEqual(_instruction) ? 1 : key.SequenceEqual(_input) ? 2 :
                key.SequenceEqual(_output) ? 4 : 8;
            seen |= which;
            if (which == 1)
                instruction = text;
            else if (which == 2)
                input = text;
            else if (which == 4)
                output = text;
        }
        while (cursor.Take((byte)','));
        if (!cursor.Take((byte)'}') || !cursor.AtEnd || (seen & 7) != 7 || keys != int.PopCount(seen))
            return false;
        InstructionEncoding.Add(records, (Card.Slug, "", raw.Origin), instruction, input, output, draw);
        return true;
    }
}
