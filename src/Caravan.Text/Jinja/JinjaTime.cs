using System.Globalization;
using System.Text;

namespace Caravan.Text.Jinja;

/// <summary>Dates in the notation of C's strftime.</summary>
internal static class JinjaTime
{
    public static string Format(DateTimeOffset time, CallValues call)
    {
        var format = call.Text(0, "format");
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            var isShort = format[i + 1] == '-' && i + 2 < format.Length;
            i += isShort ? 2 : 1;
            var part = Part(time, format[i]) ?? throw call.Error($"does not know the date part %{format[i]}");
            text.Append(isShort && part.Length > 1 ? part.TrimStart('0') : part);
        }
        return text.ToString();
    }

    private static string? Part(DateTimeOffset time, char letter)
    {
        if (letter is '%' or 'j')
            return letter == '%' ? "%" : $"{time.DayOfYear:000}";
        var format = letter switch
        {
            'd' => "dd",
            'e' => "%d",
            'm' => "MM",
            'b' or 'h' => "MMM",
            'B' => "MMMM",
            'Y' => "yyyy",
            'y' => "yy",
            'a' => "ddd",
            'A' => "dddd",
            'H' => "HH",
            'I' => "hh",
            'M' => "mm",
            'S' => "ss",
            'p' => "tt",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            _ => null,
        };
        return format is null ? null : time.ToString(format, CultureInfo.InvariantCulture);
    }
}
