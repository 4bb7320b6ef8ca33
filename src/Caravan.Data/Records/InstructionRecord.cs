using Caravan.Text;

namespace Caravan.Data;

/// <summary>
/// One conversation to learn from, the unit of every instruction dataset: where it comes from, its name there, and its
/// messages in order.
/// </summary>
public sealed record InstructionRecord(string Dataset, string Id, IReadOnlyList<ChatMessage> Messages)
{
    /// <summary>The place it was read from; empty for records made in memory.</summary>
    public RecordOrigin Origin { get; init; }

    /// <summary>
    /// Further members of its JSON object, <c>"key": value, …</c>, which are written again and not used; null for none.
    /// </summary>
    public string? OtherKeys { get; init; }
}
