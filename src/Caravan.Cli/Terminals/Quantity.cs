namespace Caravan.Cli.Terminals;

/// <summary>Numbers as people read them.</summary>
internal static class Quantity
{
    /// <summary>For example <c>12,345</c>.</summary>
    public static string Count(long count) => count.ToString("#,0");

    /// <summary>Three digits and a unit: <c>931</c>, <c>27.4k</c>, <c>1.92M</c>, <c>6.74B</c>.</summary>
    public static string Short(double value) => Math.Abs(value) switch
    {
        < 999.5 => value.ToString("0.###").Length > 5 ? value.ToString("0.0") : value.ToString("0.###"),
        < 999.5e3 => ThreeDigits(value / 1e3) + "k",
        < 999.5e6 => ThreeDigits(value / 1e6) + "M",
        _ => ThreeDigits(value / 1e9) + "B",
    };

    /// <summary>A learning rate: <c>2e-5</c>, <c>1.25e-3</c>.</summary>
    public static string Rate(double rate) => rate == 0 ? "0" : rate.ToString("0.##e0");

    /// <summary>For example <c>4 s</c>, <c>3 min 42 s</c>, <c>2 h 05 min</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        var seconds = (long)Math.Round(time.TotalSeconds);
        return seconds switch
        {
            < 10 => $"{time.TotalSeconds:0.0} s",
            < 60 => $"{seconds} s",
            < 3600 => $"{seconds / 60} min {seconds % 60:00} s",
            _ => $"{seconds / 3600} h {seconds % 3600 / 60:00} min",
        };
    }

    /// <summary>For example <c>87.5%</c>; a dash if nothing was counted.</summary>
    public static string Share(int part, int whole) => whole == 0 ? "–" : $"{100.0 * part / whole:0.0}%";

    private static string ThreeDigits(double value) =>
        value.ToString(value < 9.995 ? "0.00" : value < 99.95 ? "0.0" : "0");
}
