using System.Text;

namespace Caravan.Training.Report;

/// <summary>A chart over the updates of a run, as inline SVG that takes its colours from the page.</summary>
internal sealed class LineChart(string name, int height, Func<double, string> formatY)
{
    private const int Width = 720, Left = 76, Right = 14, Top = 14, Bottom = 40;
    private const int MostPoints = 700; // more than pixels would show

    private readonly List<(string Style, IReadOnlyList<Point> Points)> _lines = [];
    private readonly List<Point> _dots = [];
    private double _maxX = 1, _maxY;

    /// <summary>Adds a curve. The vertical axis reaches from 0 to the highest point of the curves that
    /// <paramref name="setsScale"/>; what the others have beyond it is cut off.</summary>
    public LineChart Line(string style, IReadOnlyList<Point> points, bool setsScale = true)
    {
        _lines.Add((style, points));
        Include(points, setsScale);
        return this;
    }

    /// <summary>Adds single points, each with its value as a tooltip.</summary>
    public LineChart Dots(IReadOnlyList<Point> points)
    {
        _dots.AddRange(points);
        Include(points, setsScale: true);
        return this;
    }

    /// <summary>The chart as an SVG element.</summary>
    public string ToSvg()
    {
        var top = _maxY > 0 ? _maxY * 1.05 : 1;
        double X(double x) => Left + x / _maxX * (Width - Left - Right);
        double Y(double y) => height - Bottom - y / top * (height - Top - Bottom);
        var svg = new StringBuilder();
        svg.Append($"<svg class=\"chart\" viewBox=\"0 0 {Width} {height}\" role=\"img\" ")
            .Append($"aria-label=\"{Html.Escape(name)}\">\n");
        foreach (var tick in AxisTicks.Between(0, top, 5))
        {
            var y = Y(tick);
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.#}\" y2=\"{y:0.#}\"/>")
                .Append($"<text class=\"y\" x=\"{Left - 8}\" y=\"{y + 4:0.#}\">{Html.Escape(formatY(tick))}</text>\n");
        }
        foreach (var tick in AxisTicks.Between(0, _maxX, 6).Where(tick => tick == Math.Floor(tick)))
            svg.Append($"<text class=\"x\" x=\"{X(tick):0.#}\" y=\"{height - Bottom + 20}\">{tick}</text>\n");
        // A nested viewport cuts off what lies beyond the axes.
        svg.Append($"<svg x=\"{Left}\" y=\"0\" width=\"{Width - Left - Right}\" height=\"{height - Bottom}\" ")
            .Append($"viewBox=\"{Left} 0 {Width - Left - Right} {height - Bottom}\">\n");
        foreach (var (style, points) in _lines.Where(line => line.Points.Count > 0))
        {
            var path = string.Join(
                ' ', Curve.Thin(points, MostPoints).Select(point => $"{X(point.X):0.#},{Y(point.Y):0.#}"));
            svg.Append($"<polyline class=\"{style}\" points=\"{path}\"/>\n");
        }
        svg.Append("</svg>\n");
        foreach (var dot in _dots)
        {
            svg.Append($"<circle class=\"dot\" cx=\"{X(dot.X):0.#}\" cy=\"{Y(dot.Y):0.#}\" r=\"4.5\">")
                .Append($"<title>update {dot.X}: {Html.Escape(formatY(dot.Y))}</title></circle>\n");
        }
        return svg.Append("</svg>\n").ToString();
    }

    private void Include(IReadOnlyList<Point> points, bool setsScale)
    {
        foreach (var point in points)
        {
            _maxX = Math.Max(_maxX, point.X);
            if (setsScale)
                _maxY = Math.Max(_maxY, point.Y);
        }
    }
}
