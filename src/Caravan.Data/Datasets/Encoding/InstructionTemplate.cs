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
    private string[]? _prompt;
    private string[]? _completion;

    public string FillPrompt(string instruction, string input) =>
        Fill(_prompt ??= Parts(Prompt), instruction, input, "");

    public string FillCompletion(string output) =>
        Completion is null ? output : Fill(_completion ??= Parts(Completion), "", "", output);

    private static string Fill(string[] parts, string instruction, string input, string output)
    {
        var filled = new string[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            filled[i] = parts[i] switch
            {
                "{instruction}" => instruction,
                "{input}" => input,
                "{output}" => output,
                var text => text,
            };
        }
        return string.Concat(filled);
    }

    // Texts and places in turn.
    private static string[] Parts(string template)
    {
        var parts = new List<string>();
        var position = 0;
        while (template.IndexOf('{', position) is >= 0 and var open)
        {
            var close = template.IndexOf('}', open);
            parts.Add(template[position..open]);
            parts.Add(template[open..(close + 1)]);
            position = close + 1;
        }
        parts.Add(template[position..]);
        return [.. parts];
    }
}
