using System.Text.Json;
using System.Text.Json.Serialization;
using Caravan.Data.Conversion;
using Caravan.Data.Json;

namespace Caravan.Data.Datasets.Encoding;

/// <summary>
/// Words a task of instruction, optional input and output as a question and an answer, in one of fourteen ways with and
/// fourteen without input, so that a model learns the task and not a wording. The weights are Tülu's; the sentences are
/// our own and stand in <c>instruction-templates.json</c>.
/// </summary>
internal static partial class InstructionEncoding
{
    private static readonly InstructionTemplate[] WithInput;
    private static readonly InstructionTemplate[] WithoutInput;

    static InstructionEncoding()
    {
        using var stream = typeof(InstructionEncoding).Assembly
            .GetManifestResourceStream("Caravan.Data.Datasets.Encoding.instruction-templates.json")!;
        var templates =
            JsonSerializer.Deserialize(stream, TemplatesJson.Default.DictionaryStringInstructionTemplateArray)!;
        (WithInput, WithoutInput) = (templates["with_input"], templates["without_input"]);
    }

    /// <summary>
    /// Adds the record of a task, its texts trimmed first. <paramref name="draw"/> in [0, 1) chooses the wording; an
    /// input that is null or blank counts as none.
    /// </summary>
    public static void Add(
        RecordBatch batch, SourceRecord source, string id, string instruction, string? input, string output,
        double draw) =>
        Add(batch, (source.Dataset, id, source.Origin), JsonString.Of(instruction), JsonString.Of(input ?? ""),
            JsonString.Of(output), draw);

    /// <summary>The same for texts in the form of <see cref="JsonString"/>.</summary>
    public static void Add(
        RecordBatch batch, (string Dataset, string Id, RecordOrigin Origin) name, ReadOnlySpan<byte> instruction,
        ReadOnlySpan<byte> input, ReadOnlySpan<byte> output, double draw)
    {
        instruction = JsonString.Trim(instruction);
        input = JsonString.Trim(input);
        output = JsonString.Trim(output);
        var template = Choose(input.IsEmpty ? WithoutInput : WithInput, draw);
        batch.Begin();
        batch.OpenMessage("user"u8);
        template.FillPrompt(batch, instruction, input);
        batch.CloseMessage();
        batch.OpenMessage("assistant"u8);
        template.FillCompletion(batch, output);
        batch.CloseMessage();
        var blankQuestion = instruction.IsEmpty && input.IsEmpty && template.IsBlank;
        batch.End(name.Dataset, name.Id, name.Origin, RecordWarning.Blank(blankQuestion, output.IsEmpty));
    }

    private static InstructionTemplate Choose(InstructionTemplate[] templates, double draw)
    {
        // The weights' sum is a little above 1 in binary, so the draw is scaled to it.
        var total = 0.0;
        foreach (var template in templates)
            total += template.Weight;
        var left = draw * total;
        foreach (var template in templates)
        {
            left -= template.Weight;
            if (left < 0)
                return template;
        }
        return templates[^1];
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(Dictionary<string, InstructionTemplate[]>))]
    private sealed partial class TemplatesJson : JsonSerializerContext;
}
