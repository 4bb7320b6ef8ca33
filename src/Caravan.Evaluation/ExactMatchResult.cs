namespace Caravan.Evaluation;

/// <summary>Right answers among all, of one kind of task.</summary>
public sealed record ExactMatchScore(int Correct, int Total)
{
    /// <summary>From 0 to 1.</summary>
    public double Accuracy => Total == 0 ? 0 : (double)Correct / Total;
}

/// <summary>One question with the answer that was expected and the one that came.</summary>
public sealed record ExactMatchSample(string Id, string Kind, string Expected, string Answer)
{
    public bool IsCorrect => Answer == Expected;
}

/// <summary>Exact match over held-out records.</summary>
/// <param name="ByKind">By the records' kind, in alphabetical order.</param>
/// <param name="Samples">Every record, in the records' order.</param>
public sealed record ExactMatchResult(
    ExactMatchScore Overall, IReadOnlyDictionary<string, ExactMatchScore> ByKind,
    IReadOnlyList<ExactMatchSample> Samples);
