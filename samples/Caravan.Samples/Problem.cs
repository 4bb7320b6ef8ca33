namespace Caravan.Samples;

/// <summary>One drawn exercise: what it is about and the conversation that poses and answers it.</summary>
/// <param name="Subject">
/// What is asked, whatever the wording: two problems with equal subjects have the same content. A subject that is held
/// out never occurs in training, so a right answer there was not remembered.
/// </param>
/// <param name="Turns">User and assistant texts in turn, the user first; the last is the answer that counts.</param>
public sealed record Problem(string Subject, params IReadOnlyList<string> Turns);
