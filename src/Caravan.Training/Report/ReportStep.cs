namespace Caravan.Training.Report;

/// <summary>One update, or the last of several that were logged together. Values that are not finite leave a gap.</summary>
/// <param name="Step">1 for the first.</param>
public readonly record struct ReportStep(int Step, double Loss, double LearningRate, double TokensPerSecond);
