namespace Caravan.Text;

/// <summary>What <see cref="ChatPreflight"/> found.</summary>
/// <param name="Records">How many records were looked at.</param>
/// <param name="Counts">How many records have each kind of problem; kinds without any are absent.</param>
/// <param name="Examples">The first few problems of each kind.</param>
/// <param name="Truncated">How many records are longer than the limit.</param>
/// <param name="TruncatedIds">The first few of these.</param>
/// <param name="LengthHistogram">
/// Records by their length in tokens before truncation: element i counts lengths from 2^i up to 2^(i+1) - 1.
/// </param>
public sealed record PreflightReport(
    int Records,
    IReadOnlyDictionary<PreflightProblemKind, int> Counts,
    IReadOnlyList<PreflightProblem> Examples,
    int Truncated,
    IReadOnlyList<string> TruncatedIds,
    IReadOnlyList<int> LengthHistogram)
{
    /// <summary>Whether training may start: truncation is reported, but is no problem of the data.</summary>
    public bool Passed => Counts.Count == 0;
}
