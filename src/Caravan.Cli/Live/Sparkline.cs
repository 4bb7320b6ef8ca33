namespace Caravan.Cli.Live;

/// <summary>A curve in one line of text.</summary>
internal static class Sparkline
{
    private const string Levels = "▁▂▃▄▅▆▇█";

    /// <summary>The values in <paramref name="width"/> characters, each the mean of its part, between the lowest and
    /// the highest part. Values that are not finite are left out.</summary>
    public static string Draw(IReadOnlyList<double> values, int width)
    {
        var finite = values.Where(double.IsFinite).ToArray();
        var columns = Math.Min(width, finite.Length);
        if (columns == 0)
            return "";
        var means = new double[columns];
        for (var i = 0; i < columns; i++)
        {
            var start = (int)((long)finite.Length * i / columns);
            var end = (int)((long)finite.Length * (i + 1) / columns);
            means[i] = finite[start..end].Average();
        }
        var (low, high) = (means.Min(), means.Max());
        return string.Concat(means.Select(mean =>
            Levels[high > low ? (int)Math.Round((mean - low) / (high - low) * (Levels.Length - 1)) : 0]));
    }
}
