namespace Caravan.Training.Report;

/// <summary>Series of points, made fit to be drawn.</summary>
internal static class Curve
{
    /// <summary>Each point becomes the mean of itself and its neighbours, <paramref name="reach"/> on either side. Near
    /// the ends fewer count, always as many on both sides, so that a slope is neither delayed nor bent.</summary>
    public static IReadOnlyList<Point> Smooth(IReadOnlyList<Point> points, int reach)
    {
        var sums = new double[points.Count + 1];
        for (var i = 0; i < points.Count; i++)
            sums[i + 1] = sums[i] + points[i].Y;
        return [.. points.Select((point, i) =>
        {
            var near = Math.Min(reach, Math.Min(i, points.Count - 1 - i));
            return point with { Y = (sums[i + near + 1] - sums[i - near]) / (2 * near + 1) };
        })];
    }

    /// <summary>At most <paramref name="limit"/> points, each the mean of neighbours.</summary>
    public static IReadOnlyList<Point> Thin(IReadOnlyList<Point> points, int limit)
    {
        if (points.Count <= limit)
            return points;
        var thin = new Point[limit];
        for (var i = 0; i < limit; i++)
        {
            var start = (int)((long)points.Count * i / limit);
            var end = (int)((long)points.Count * (i + 1) / limit);
            var part = points.Skip(start).Take(end - start).ToArray();
            thin[i] = new Point(part.Average(point => point.X), part.Average(point => point.Y));
        }
        return thin;
    }
}

/// <summary>A point of a curve, in the units of its axes.</summary>
internal readonly record struct Point(double X, double Y);
