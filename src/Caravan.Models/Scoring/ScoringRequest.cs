namespace Caravan.Models.Scoring;

/// <summary>A text of which the end is scored. Where the context ends and the continuation begins is a matter of token
/// ids: texts are tokenised as a whole before.</summary>
/// <param name="Context">Token ids, at least one: a model says nothing about a first token. To score a whole text, give
/// its beginning-of-sequence token as the context.</param>
/// <param name="Continuation">Token ids, at least one.</param>
public sealed record ScoringRequest(int[] Context, int[] Continuation)
{
    internal int Length => Context.Length + Continuation.Length;

    internal int this[int position] =>
        position < Context.Length ? Context[position] : Continuation[position - Context.Length];
}
