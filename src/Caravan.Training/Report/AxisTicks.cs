namespace Caravan.Training.Report;

/// <summary>Round numbers along an axis.</summary>
internal static class AxisTicks
{
    /// <summary>Multiples of 1, 2 or 5 times a power of ten within [<paramref name="low"/>, <paramref name="high"/>],
    /// about as many as wanted.</summary>
    public static double[] Between(double low, double high, int wanted)
    {
        if (!(high > low))
            return [low];
        var rough = (high - low) / wanted;
        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = magnitude * (rough / magnitude) switch { <= 1.5 => 1, <= 3.5 => 2, <= 7.5 => 5, _ => 10 };
        var first = Math.Ceiling(low / step - 1e-9);
        var last = Math.Floor(high / step + 1e-9);
        // Multiplied out anew for each tick: sums would drift, and 0.30000000000000004 would show.
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => Math.Round((first + i) * step, 12))];
    }
}
