using System.Globalization;
using System.Text;

namespace Caravan.Text.Jinja;

/// <summary>
/// The <c>tojson</c> filter, with the spacing of Python's json module and without escaping beyond ASCII.
/// </summary>
internal static class JinjaJson
{
    private const int MaxDepth = 50;

    /// <param name="indent">Spaces per level, or null for one line.</param>
    public static string Write(object? value, int? indent, bool sortsKeys, CallValues call)
    {
        var text = new StringBuilder();
        Append(text, value, indent, sortsKeys, 0, call);
        return text.ToString();
    }

    private static void Append(StringBuilder text, object? value, int? indent, bool sortsKeys, int depth,
        CallValues call)
    {
        if (depth > MaxDepth)
            throw call.Error($"was given a value nested more than {MaxDepth} deep");
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            case long number:
                text.Append(CultureInfo.InvariantCulture, $"{number}");
                break;
            case double number:
                text.Append(JinjaValue.FloatText(number));
                break;
            case string content:
                AppendString(text, content);
                break;
            case List<object?> list:
                AppendAll(text, '[', ']', list, indent, depth, item =>
                    Append(text, item, indent, sortsKeys, depth + 1, call));
                break;
            case JinjaDict dict:
                var items = sortsKeys ? dict.Items.OrderBy(item => item.Key, StringComparer.Ordinal) : dict.Items;
                AppendAll(text, '{', '}', items.ToList(), indent, depth, item =>
                {
                    AppendString(text, item.Key);
                    text.Append(": ");
                    Append(text, item.Value, indent, sortsKeys, depth + 1, call);
                });
                break;
            default:
                throw call.Error($"cannot write {JinjaValue.Describe(value)}");
        }
    }

    private static void AppendAll<T>(
        StringBuilder text, char open, char close, List<T> items, int? indent, int depth, Action<T> append)
    {
        text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (indent is { } width)
                text.Append(i > 0 ? "," : "").Append('\n').Append(' ', width * (depth + 1));
            else if (i > 0)
                text.Append(", ");
            append(items[i]);
        }
        if (indent is { } outer && items.Count > 0)
            text.Append('\n').Append(' ', outer * depth);
        text.Append(close);
    }

    private static void AppendString(StringBuilder text, string content)
    {
        text.Append('"');
        foreach (var c in content)
        {
            text.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' => $"\\u{(int)c:x4}",
                _ => $"{c}",
            });
        }
        text.Append('"');
    }
}
