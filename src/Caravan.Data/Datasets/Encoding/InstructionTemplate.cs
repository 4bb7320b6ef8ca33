using System.Text.Json.Serialization;

namespace Caravan.Data.Datasets.Encoding;

/// <summary>
/// One wording of a task. <see cref="Prompt"/> and <see cref="Completion"/> hold the places <c>{instruction}</c>,
/// <c>{input}</c> and <c>{output}</c>, which are filled in a single pass, so that text which looks like a place is
/// safe.
/// </summary>
internal sealed record InstructionTemplate(
    [property: JsonPropertyName("weight")] double Weight,
    [property: JsonPropertyName("prompt")] string Prompt,
    [property: JsonPropertyName("completion")] string? Completion)
{
    public string FillPrompt(string instruction, string input) => Fill(Prompt, instruction, input, "");

    public string FillCompletion(string output) => Completion is null ? output : Fill(Completion, "", "", output);

    private static string Fill(string template, string instruction, string input, string output)
    {
        var parts = new List<string>(8);
        var position = 0;
        while (template.IndexOf('{', position) is >= 0 and var open)
        {
            var close = template.IndexOf('}', open);
            parts.Add(template[position..open]);
            parts.Add(template[open..(close + 1)] switch
            {
                "{instruction}" => instruction,
                "{input}" => input,
                _ => output,
            });
            position = close + 1;
        }
        parts.Add(template[position..]);
        return string.Concat(parts);
    }
}
