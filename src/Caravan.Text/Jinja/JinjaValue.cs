using System.Collections;
using System.Globalization;
using System.Text;

namespace Caravan.Text.Jinja;

/// <summary>
/// What Jinja, that is Python, makes of values: truth, text, equality, order. Values are null, bool, long, double,
/// string, <see cref="List{T}"/> of values, <see cref="JinjaDict"/>, <see cref="JinjaFunction"/> and
/// <see cref="JinjaUndefined"/>.
/// </summary>
internal static class JinjaValue
{
    private const int MaxDepth = 50;

    public static bool IsTrue(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        JinjaDict dict => dict.Count > 0 || dict.IsNamespace,
        _ => true,
    };

    /// <summary>The text that printing gives.</summary>
    public static string ToText(object? value) => value switch
    {
        string text => text,
        JinjaUndefined => "",
        _ => Represent(value, 0),
    };

    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (string a, string b) => a == b,
        (List<object?> a, List<object?> b) =>
            a.Count == b.Count && a.Zip(b).All(pair => AreEqual(pair.First, pair.Second)),
        (JinjaDict a, JinjaDict b) => a.Count == b.Count
            && a.Items.All(item => b.TryGet(item.Key, out var other) && AreEqual(item.Value, other)),
        (JinjaUndefined, JinjaUndefined) => true,
        _ when TryNumber(left, out var a) && TryNumber(right, out var b) => a == b,
        _ => ReferenceEquals(left, right),
    };

    /// <summary>The order of two values, or null if they have none.</summary>
    public static int? Compare(object? left, object? right)
    {
        if (left is string a && right is string b)
            return string.CompareOrdinal(a, b);
        if (left is long first && right is long second)
            return first.CompareTo(second);
        if (TryNumber(left, out var x) && TryNumber(right, out var y))
            return x.CompareTo(y);
        if (left is not List<object?> list || right is not List<object?> other)
            return null;
        for (var i = 0; i < Math.Min(list.Count, other.Count); i++)
        {
            if (Compare(list[i], other[i]) is not 0 and var order)
                return order;
        }
        return list.Count.CompareTo(other.Count);
    }

    public static bool TryNumber(object? value, out double number)
    {
        number = value switch
        {
            bool flag => flag ? 1 : 0,
            long integer => integer,
            double real => real,
            _ => double.NaN,
        };
        return value is bool or long or double;
    }

    /// <summary>The items of a value that can be looped over, or null.</summary>
    public static IEnumerable<object?>? Items(object? value) => value switch
    {
        List<object?> list => list,
        JinjaDict dict => dict.Keys,
        string text => text.EnumerateRunes().Select(rune => (object?)rune.ToString()),
        JinjaUndefined => [],
        _ => null,
    };

    /// <summary>A kind of value, for messages.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "none",
        JinjaUndefined undefined => $"\"{undefined.Name}\", which is undefined",
        bool => "a boolean",
        long or double => "a number",
        string => "a string",
        List<object?> => "a list",
        JinjaDict => "a mapping",
        _ => "a function",
    };

    /// <summary>A .NET value as a template's value.</summary>
    public static object? FromObject(object? value) => value switch
    {
        null or string or bool or long or double or JinjaDict or JinjaFunction or List<object?> => value,
        int number => (long)number,
        float number => (double)number,
        ChatMessage message => new JinjaDict { ["role"] = message.Role, ["content"] = message.Content },
        System.Text.Json.JsonElement element => FromJson(element),
        IDictionary<string, object?> dictionary => FromPairs(dictionary),
        IEnumerable list => list.Cast<object?>().Select(FromObject).ToList(),
        _ => throw new ArgumentException($"A template cannot use a value of type {value.GetType().Name}."),
    };

    /// <summary>Python's text of a float: always with a point or an exponent.</summary>
    public static string FloatText(double number)
    {
        if (double.IsNaN(number))
            return "nan";
        if (double.IsInfinity(number))
            return number > 0 ? "inf" : "-inf";
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        if (Math.Abs(number) is >= 1e16 or (< 1e-4 and > 0))
            return text.Contains('E') ? text.Replace("E+", "e+").Replace("E-", "e-") : text;
        if (text.Contains('E'))
            text = ((decimal)number).ToString(CultureInfo.InvariantCulture);
        return text.Contains('.') ? text : text + ".0";
    }

    private static object? FromJson(System.Text.Json.JsonElement element)
    {
        switch (element.ValueKind)
        {
            case System.Text.Json.JsonValueKind.String:
                return element.GetString();
            case System.Text.Json.JsonValueKind.Number:
                return element.TryGetInt64(out var integer) ? (object)integer : element.GetDouble();
            case System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False:
                return element.GetBoolean();
            case System.Text.Json.JsonValueKind.Array:
                return element.EnumerateArray().Select(FromJson).ToList();
            case System.Text.Json.JsonValueKind.Object:
                return FromPairs(element.EnumerateObject().Select(p =>
                    new KeyValuePair<string, object?>(p.Name, p.Value)));
            default:
                return null;
        }
    }

    private static JinjaDict FromPairs(IEnumerable<KeyValuePair<string, object?>> pairs)
    {
        var dict = new JinjaDict();
        foreach (var (key, value) in pairs)
            dict[key] = FromObject(value);
        return dict;
    }

    private static string Represent(object? value, int depth)
    {
        if (depth > MaxDepth)
            return "...";
        return value switch
        {
            null => "None",
            bool flag => flag ? "True" : "False",
            long number => number.ToString(CultureInfo.InvariantCulture),
            double number => FloatText(number),
            string text => Quote(text),
            List<object?> list => $"[{string.Join(", ", list.Select(item => Represent(item, depth + 1)))}]",
            JinjaDict dict =>
                $"{{{string.Join(", ", dict.Items.Select(i => $"{Quote(i.Key)}: {Represent(i.Value, depth + 1)}"))}}}",
            JinjaUndefined => "Undefined",
            _ => "<function>",
        };
    }

    private static string Quote(string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var quoted = new StringBuilder().Append(quote);
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' or '\x7f' => $"\\x{(int)c:x2}",
                _ when c == quote => $"\\{c}",
                _ => $"{c}",
            });
        }
        return quoted.Append(quote).ToString();
    }
}
