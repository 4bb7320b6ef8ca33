using System.Text.Json.Serialization;

namespace Caravan.Data.Statistics;

/// <summary>
/// A distribution as open-instruct's statistics files have it: quantiles by linear interpolation, the standard
/// deviation of a sample (n − 1), which one value alone does not have.
/// </summary>
public sealed record Distribution(
    [property: JsonPropertyName("count")] long Count,
    [property: JsonPropertyName("mean")] double? Mean,
    [property: JsonPropertyName("std")] double? Std,
    [property: JsonPropertyName("min")] double? Min,
    [property: JsonPropertyName("25%")] double? Q25,
    [property: JsonPropertyName("50%")] double? Q50,
    [property: JsonPropertyName("75%")] double? Q75,
    [property: JsonPropertyName("max")] double? Max)
{
    public static Distribution Of(IEnumerable<int> values)
    {
        var sorted = values.ToArray();
        if (sorted.Length == 0)
            return new Distribution(0, null, null, null, null, null, null, null);
        Array.Sort(sorted);
        var mean = sorted.Average();
        double? deviation = sorted.Length < 2
            ? null
            : Math.Sqrt(sorted.Sum(value => (value - mean) * (value - mean)) / (sorted.Length - 1));
        return new Distribution(sorted.Length, mean, deviation, sorted[0], LengthSummary.Quantile(sorted, 0.25),
            LengthSummary.Quantile(sorted, 0.5), LengthSummary.Quantile(sorted, 0.75), sorted[^1]);
    }
}
