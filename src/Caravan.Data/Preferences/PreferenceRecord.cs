using Caravan.Text;

namespace Caravan.Data.Preferences;

/// <summary>
/// Two whole conversations of which people or a model preferred the first. They are equal up to their last message,
/// which is the assistant's, unless the dataset allows otherwise.
/// </summary>
public sealed record PreferenceRecord(
    string Dataset, string Id, IReadOnlyList<ChatMessage> Chosen, IReadOnlyList<ChatMessage> Rejected)
{
    /// <summary>How much better the chosen side was scored, where scores are known.</summary>
    public double? Margin { get; init; }

    /// <summary>The chosen side's score, where it is known.</summary>
    public double? ScoreChosen { get; init; }

    /// <summary>The rejected side's score.</summary>
    public double? ScoreRejected { get; init; }

    /// <summary>
    /// Further members of its JSON object, <c>"key": value, …</c>, which are written again and not used; null for none.
    /// </summary>
    public string? OtherKeys { get; init; }

    /// <summary>The place it was read from.</summary>
    public RecordOrigin Origin { get; init; }
}
