using System.Text.Json.Serialization;
using Caravan.Data.Conversion;
using Caravan.Data.Json;

namespace Caravan.Data.Datasets.Encoding;

/// <summary>
/// One wording of a task. <see cref="Prompt"/> and <see cref="Completion"/> hold the places <c>{instruction}</c>,
/// <c>{input}</c> and <c>{output}</c>, which are filled in a single pass, so that text which looks like a place is
/// safe.
/// </summary>
internal sealed class InstructionTemplate
{
    private readonly (string Place, byte[] Text)[] _prompt;
    private readonly (string Place, byte[] Text)[] _completion;

    [JsonConstructor]
    public InstructionTemplate(double weight, string prompt, string? completion)
    {
        (Weight, Prompt, Completion) = (weight, prompt, completion);
        _prompt = Parts(prompt);
        _completion = Parts(completion ?? "{output}");
        IsBlank = _prompt.All(part => JsonString.IsBlank(part.Text));
    }

    public double Weight { get; }

    public string Prompt { get; }

    public string? Completion { get; }

    /// <summary>True if the prompt has no words of its own.</summary>
    [JsonIgnore]
    public bool IsBlank { get; }

    /// <summary>Writes the prompt; texts are in the form of <see cref="JsonString"/>.</summary>
    public void FillPrompt(RecordBatch batch, ReadOnlySpan<byte> instruction, ReadOnlySpan<byte> input)
    {
        foreach (var (place, text) in _prompt)
        {
            batch.Text(text);
            batch.Text(place switch
            {
                "{instruction}" => instruction,
                "{input}" => input,
                _ => default,
            });
        }
    }

    /// <summary>Writes the completion.</summary>
    public void FillCompletion(RecordBatch batch, ReadOnlySpan<byte> output)
    {
        foreach (var (place, text) in _completion)
        {
            batch.Text(text);
            batch.Text(place.Length > 0 ? output : default);
        }
    }

    // Each text with the place behind it; behind the last there is none.
    private static (string Place, byte[] Text)[] Parts(string template)
    {
        var parts = new List<(string, byte[])>();
        var position = 0;
        while (template.IndexOf('{', position) is >= 0 and var open)
        {
            var close = template.IndexOf('}', open);
            parts.Add((template[open..(close + 1)], JsonString.Of(template[position..open])));
            position = close + 1;
        }
        parts.Add(("", JsonString.Of(template[position..])));
        return [.. parts];
    }
}
