using Caravan.Text;

namespace Caravan.Data;

/// <summary>Puts together what was found out about several runs of records.</summary>
public static class PreflightReports
{
    private const int Examples = 5; // of each kind, as one report has

    /// <summary>As if all records had been looked at together.</summary>
    public static PreflightReport Join(IEnumerable<PreflightReport> reports)
    {
        var all = reports.ToList();
        var kinds = all.SelectMany(report => report.Counts.Keys).Distinct().Order();
        var longest = all.Max(report => report.LengthHistogram.Count);
        return new PreflightReport(
            all.Sum(report => report.Records),
            kinds.ToDictionary(kind => kind, kind => all.Sum(report => report.Counts.GetValueOrDefault(kind))),
            [.. all.SelectMany(report => report.Examples).GroupBy(problem => problem.Kind)
                .SelectMany(group => group.Take(Examples))],
            all.Sum(report => report.Truncated),
            [.. all.SelectMany(report => report.TruncatedIds).Take(Examples)],
            [.. Enumerable.Range(0, longest)
                .Select(i => all.Sum(report => report.LengthHistogram.ElementAtOrDefault(i)))]);
    }
}
