namespace Caravan.Data.Statistics;

/// <summary>A distribution of lengths in six numbers. Quantiles interpolate linearly between neighbours.</summary>
public sealed record LengthSummary(
    long Count, long Total, double Min, double Mean, double Median, double P95, double Max)
{
    /// <summary>Summarises values in any order; all numbers of an empty sequence are 0.</summary>
    public static LengthSummary Of(IEnumerable<int> values)
    {
        var sorted = values.ToArray();
        if (sorted.Length == 0)
            return new LengthSummary(0, 0, 0, 0, 0, 0, 0);
        Array.Sort(sorted);
        var total = sorted.Sum(value => (long)value);
        return new LengthSummary(sorted.Length, total, sorted[0], (double)total / sorted.Length,
            Quantile(sorted, 0.5), Quantile(sorted, 0.95), sorted[^1]);
    }

    /// <summary>The q-quantile of sorted values, by linear interpolation between the two nearest ranks.</summary>
    public static double Quantile(ReadOnlySpan<int> sorted, double q)
    {
        var position = q * (sorted.Length - 1);
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * ((double)sorted[above] - sorted[below]);
    }
}
