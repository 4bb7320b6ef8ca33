using Caravan.Training.Report;

namespace Caravan.Training.Tests.Report;

public sealed class CurveTests
{
    [Fact]
    public void Smooth_ConstantCurve_StaysAsItIs()
    {
        Point[] constant = [.. Enumerable.Range(0, 50).Select(i => new Point(i, 3.5))];
        Assert.All(Curve.Smooth(constant, 10), point => Assert.Equal(3.5, point.Y, 1e-12));
    }

    [Fact]
    public void Smooth_StraightLine_StaysAsItIs()
    {
        Point[] line = [.. Enumerable.Range(0, 50).Select(i => new Point(i, 7 - 0.1 * i))];
        Assert.All(Curve.Smooth(line, 8).Zip(line), pair => Assert.Equal(pair.Second.Y, pair.First.Y, 1e-12));
    }

    [Fact]
    public void Smooth_NoNeighbours_ChangesNothing()
    {
        Point[] points = [new(1, 4), new(2, -1), new(3, 7)];
        Assert.Equal(points, Curve.Smooth(points, 0));
    }

    [Fact]
    public void Smooth_NoPoints_GivesNone() => Assert.Empty(Curve.Smooth([], 5));

    [Fact]
    public void Smooth_NoisyCurve_HasLessVariance()
    {
        var random = new Random(1);
        Point[] noise = [.. Enumerable.Range(0, 1000).Select(i => new Point(i, random.NextDouble()))];
        static double Variance(IEnumerable<Point> points)
        {
            var values = points.Skip(100).Select(point => point.Y).ToArray();
            return values.Average(value => Math.Pow(value - values.Average(), 2));
        }
        // The mean of n independent values has an n-th of their variance.
        Assert.InRange(Variance(noise) / Variance(Curve.Smooth(noise, 10)), 15, 28);
    }

    [Fact]
    public void Thin_LongCurve_KeepsTheMeanAndTheOrder()
    {
        Point[] points = [.. Enumerable.Range(0, 10_000).Select(i => new Point(i, i % 100))];
        var thin = Curve.Thin(points, 500);
        Assert.Equal(500, thin.Count);
        Assert.Equal(points.Average(point => point.Y), thin.Average(point => point.Y), 1e-9);
        Assert.Equal(thin.OrderBy(point => point.X), thin);
    }

    [Fact]
    public void Thin_ShortCurve_IsUntouched()
    {
        Point[] points = [new(1, 2), new(2, 3)];
        Assert.Same(points, Curve.Thin(points, 2));
    }
}
