using System.Buffers;

namespace Caravan.Data.Filters;

/// <summary>
/// Tülu v2's filter against answers that speak of other makers' models: a record goes if any message contains one of 22
/// names, as a plain substring in any case. That takes "bombard", "Lombardy" and palm trees along, as published.
/// </summary>
public static class EntityFilter
{
    private static readonly SearchValues<string> Names = SearchValues.Create(
    [
        "OpenAI", "Open AI", "ChatGPT", "Chat GPT", "GPT-3", "GPT3", "GPT 3", "GPT-4", "GPT4", "GPT 4", "GPT-3.5",
        "GPT3.5", "GPT 3.5", "BingChat", "Bing Chat", "BARD", "Palm", "Anthropic", "Claude", "LAION", "Open Assistant",
        "OpenAssistant",
    ], StringComparison.OrdinalIgnoreCase);

    /// <summary>True if some message has one of the names.</summary>
    public static bool Rejects(InstructionRecord record) =>
        record.Messages.Any(message => message.Content.AsSpan().ContainsAny(Names));
}
