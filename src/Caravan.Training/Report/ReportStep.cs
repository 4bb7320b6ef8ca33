namespace Caravan.Training.Report;

/// <summary>One update, or the last of several that were logged together. Values that are not finite leave a
/// gap.</summary>
/// <param name="Step">1 for the first.</param>
/// <param name="MemoryGibibytes">What the process took of the memory; 0 where it was not written down.</param>
public readonly record struct ReportStep(
    int Step, double Loss, double LearningRate, double TokensPerSecond, double MemoryGibibytes = 0);
