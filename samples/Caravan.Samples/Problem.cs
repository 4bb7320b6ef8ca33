namespace Caravan.Samples;

/// <summary>One drawn exercise: the conversation that poses and answers it.</summary>
/// <param name="Turns">User and assistant texts in turn, the user first; the last is the answer that counts.</param>
public sealed record Problem(params IReadOnlyList<string> Turns);
