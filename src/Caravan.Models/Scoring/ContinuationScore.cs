namespace Caravan.Models.Scoring;

/// <summary>How likely a model finds a continuation.</summary>
/// <param name="LogLikelihood">The natural logarithm of its probability: the sum over its tokens.</param>
/// <param name="TokenLogProbabilities">That of each token.</param>
/// <param name="IsGreedy">Whether every token is the most likely one at its place: greedy decoding would give the
/// continuation.</param>
public sealed record ContinuationScore(
    double LogLikelihood, IReadOnlyList<float> TokenLogProbabilities, bool IsGreedy);
