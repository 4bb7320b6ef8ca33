namespace Caravan.Training.Report;

/// <summary>Another run, to be drawn beside the reported one.</summary>
/// <param name="Name">Its directory.</param>
/// <param name="ChangedKeys">Keys of the configuration that differ: name, this run's value, the other's.</param>
public sealed record ReportComparison(
    string Name, IReadOnlyList<ReportStep> Steps, IReadOnlyList<HeldOutPoint> HeldOutLoss,
    IReadOnlyList<(string Key, string Here, string There)> ChangedKeys);
