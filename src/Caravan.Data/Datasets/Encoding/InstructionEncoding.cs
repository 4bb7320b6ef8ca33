using System.Text.Json;
using System.Text.Json.Serialization;

namespace Caravan.Data.Datasets.Encoding;

/// <summary>
/// Words a task of instruction, optional input and output as a question and an answer, in one of fourteen ways with and
/// fourteen without input, so that a model learns the task and not a wording. The weights are Tülu's; the sentences are
/// our own and stand in <c>instruction-templates.json</c>.
/// </summary>
internal static partial class InstructionEncoding
{
    private static readonly Dictionary<string, InstructionTemplate[]> Templates = Load();

    /// <summary>
    /// The question and answer, with the texts trimmed first. <paramref name="draw"/> in [0, 1) chooses the wording; an
    /// input that is null or blank counts as none.
    /// </summary>
    public static (string Prompt, string Completion) Encode(
        string instruction, string? input, string output, double draw)
    {
        instruction = Whitespace.Trim(instruction);
        input = Whitespace.Trim(input ?? "");
        var template = Choose(Templates[input.Length > 0 ? "with_input" : "without_input"], draw);
        return (template.FillPrompt(instruction, input), template.FillCompletion(Whitespace.Trim(output)));
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

    private static Dictionary<string, InstructionTemplate[]> Load()
    {
        using var stream = typeof(InstructionEncoding).Assembly
            .GetManifestResourceStream("Caravan.Data.Datasets.Encoding.instruction-templates.json")!;
        return JsonSerializer.Deserialize(stream, TemplatesJson.Default.DictionaryStringInstructionTemplateArray)!;
    }

    [JsonSerializable(typeof(Dictionary<string, InstructionTemplate[]>))]
    private sealed partial class TemplatesJson : JsonSerializerContext;
}
