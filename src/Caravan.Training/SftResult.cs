namespace Caravan.Training;

/// <summary>What came of a run.</summary>
/// <param name="HeldOutLossBefore">Loss per target token before the first update; null without held-out
/// records.</param>
/// <param name="Steps">Updates gone through, those of earlier parts of the run included.</param>
/// <param name="Seconds">Duration of this part of the run.</param>
/// <param name="Tokens">Tokens trained on in this part of the run.</param>
/// <param name="Interrupted">Whether it was stopped; the same command goes on.</param>
public sealed record SftResult(
    double? HeldOutLossBefore, double? HeldOutLossAfter, int Steps, double Seconds, long Tokens, bool Interrupted,
    string OutputDir);
