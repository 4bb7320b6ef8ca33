namespace Caravan.Training.Configuration;

/// <summary>A key of open-instruct's that has no meaning here.</summary>
/// <param name="Reason">Why, in words that follow "has no meaning here:".</param>
/// <param name="IsHarmless">Whether a run without it computes what its author wanted, so that it is passed over with a
/// word; other keys are refused.</param>
public sealed record ForeignKey(string Name, string Reason, bool IsHarmless);
