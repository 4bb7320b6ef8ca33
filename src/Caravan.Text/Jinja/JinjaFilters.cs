using System.Globalization;

namespace Caravan.Text.Jinja;

/// <summary>The filters of Jinja that chat templates use.</summary>
internal static class JinjaFilters
{
    /// <summary>Applies a filter to a value.</summary>
    /// <param name="byName">Applies a filter or test that is named by an argument (map, select).</param>
    public static object? Apply(string name, object? value, CallValues call, IJinjaNames byName) => name switch
    {
        "trim" => Text(value).Trim(call.Has(0, "chars") ? call.Text(0, "chars").ToCharArray() : null),
        "upper" => Text(value).ToUpperInvariant(),
        "lower" => Text(value).ToLowerInvariant(),
        "capitalize" => JinjaMethods.Capitalize(Text(value)),
        "title" => JinjaMethods.Title(Text(value)),
        "string" => Text(value),
        "safe" => value,
        "escape" or "e" or "forceescape" => Escape(Text(value)),
        "length" or "count" => Length(value, call),
        "default" or "d" => value is JinjaUndefined || (call.Flag(1, "boolean") && !JinjaValue.IsTrue(value))
            ? call.Get(0, "default_value", "")
            : value,
        "join" => Join(value, call),
        "replace" => JinjaMethods.Replace(Text(value), call),
        "first" => Items(value, call).Cast<object?>().FirstOrDefault(new JinjaUndefined("first")),
        "last" => Items(value, call).Cast<object?>().LastOrDefault(new JinjaUndefined("last")),
        "list" => Items(value, call),
        "reverse" => value is string text ? Reversed(text) : Enumerable.Reverse(Items(value, call)).ToList(),
        "unique" => Unique(Items(value, call), call),
        "sort" => Sort(Items(value, call), call),
        "sum" => Sum(value, call),
        "min" => Items(value, call).Aggregate((a, b) => Order(a, b, call) <= 0 ? a : b),
        "max" => Items(value, call).Aggregate((a, b) => Order(a, b, call) >= 0 ? a : b),
        "map" => Map(value, call, byName),
        "select" or "reject" => Select(value, call, byName, attribute: null, wanted: name == "select"),
        "selectattr" or "rejectattr" =>
            Select(value, call, byName, call.Text(0, "attribute"), wanted: name == "selectattr"),
        "items" => Dict(value, call).Items.Select(item => (object?)new List<object?> { item.Key, item.Value }).ToList(),
        "dictsort" => Dict(value, call).Items.OrderBy(item => item.Key, StringComparer.OrdinalIgnoreCase)
            .Select(item => (object?)new List<object?> { item.Key, item.Value }).ToList(),
        "tojson" => JinjaJson.Write(
            value,
            call.Get(0, "indent") is null ? null : (int)Math.Clamp(call.Integer(0, "indent"), 0, 16),
            call.Flag(3, "sort_keys"),
            call),
        "indent" => Indent(Text(value), call),
        "int" => ToInteger(value, call),
        "float" => ToFloat(value, call),
        "abs" => value is long number ? (object)Math.Abs(number) : Number(value, call, Math.Abs),
        "round" => Number(value, call, number => Round(number, call)),
        "wordcount" => (long)Text(value).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
        "attr" => byName.Attribute(value, call.Text(0, "name"), call.Line),
        _ => throw new JinjaException($"the filter \"{name}\" is not supported.", call.Line),
    };

    public static long Length(object? value, CallValues call) => value switch
    {
        string text => text.EnumerateRunes().Count(),
        List<object?> list => list.Count,
        JinjaDict dict => dict.Count,
        JinjaUndefined => 0,
        _ => throw call.Error($"cannot take the length of {JinjaValue.Describe(value)}"),
    };

    private static string Text(object? value) => JinjaValue.ToText(value);

    private static List<object?> Items(object? value, CallValues call) =>
        (JinjaValue.Items(value) ?? throw call.Error($"needs a list, not {JinjaValue.Describe(value)}")).ToList();

    private static JinjaDict Dict(object? value, CallValues call) =>
        value as JinjaDict ?? throw call.Error($"needs a mapping, not {JinjaValue.Describe(value)}");

    private static string Escape(string text) => text
        .Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("'", "&#39;").Replace("\"", "&#34;");

    private static string Join(object? value, CallValues call)
    {
        var items = Items(value, call);
        if (call.Has(1, "attribute"))
        {
            var attribute = call.Text(1, "attribute");
            items = items.ConvertAll(item =>
                item is JinjaDict dict && dict.TryGet(attribute, out var found) ? found : null);
        }
        return string.Join(call.Text(0, "d", ""), items.Select(Text));
    }

    private static string Reversed(string text) => string.Concat(text.EnumerateRunes().Reverse());

    private static List<object?> Unique(List<object?> items, CallValues call)
    {
        var unique = new List<object?>();
        foreach (var item in items)
        {
            if (!unique.Exists(other => JinjaValue.AreEqual(item, other)))
                unique.Add(item);
        }
        return unique;
    }

    private static List<object?> Sort(List<object?> items, CallValues call)
    {
        var reverse = call.Flag(0, "reverse");
        var attribute = call.Get(2, "attribute") as string;
        object? Key(object? item) =>
            attribute is not null && item is JinjaDict dict && dict.TryGet(attribute, out var key)
            ? key
            : item;
        // Without case_sensitive strings are ordered as if in lower case.
        object? Folded(object? key) =>
            key is string text && !call.Flag(1, "case_sensitive") ? text.ToLowerInvariant() : key;
        var comparer = Comparer<object?>.Create((a, b) => Order(Folded(Key(a)), Folded(Key(b)), call));
        return [.. reverse ? items.OrderDescending(comparer) : items.Order(comparer)];
    }

    private static int Order(object? left, object? right, CallValues call) => JinjaValue.Compare(left, right)
        ?? throw call.Error($"cannot order {JinjaValue.Describe(left)} and {JinjaValue.Describe(right)}");

    private static object? Sum(object? value, CallValues call)
    {
        var total = 0.0;
        var isWhole = true;
        foreach (var item in Items(value, call))
        {
            if (!JinjaValue.TryNumber(item, out var number))
                throw call.Error($"cannot add {JinjaValue.Describe(item)}");
            isWhole &= item is not double;
            total += number;
        }
        object? whole = (long)total;
        return isWhole ? whole : total;
    }

    private static List<object?> Map(object? value, CallValues call, IJinjaNames byName)
    {
        var items = Items(value, call);
        if (!call.Named.TryGetValue("attribute", out var attribute))
        {
            var filter = call.Text(0, "filter");
            var rest = new CallValues(filter, [.. call.Positional.Skip(1)], call.Named, call.Line);
            return items.ConvertAll(item => Apply(filter, item, rest, byName));
        }
        return items.ConvertAll(item =>
        {
            var found = byName.Attribute(item, attribute as string ?? "", call.Line);
            return found is JinjaUndefined && call.Named.TryGetValue("default", out var otherwise) ? otherwise : found;
        });
    }

    private static List<object?> Select(
        object? value, CallValues call, IJinjaNames byName, string? attribute, bool wanted)
    {
        var testAt = attribute is null ? 0 : 1;
        var test = testAt < call.Positional.Count ? call.Text(testAt, "test") : null;
        var rest = new CallValues(test ?? "select", [.. call.Positional.Skip(testAt + 1)], call.Named, call.Line);
        return Items(value, call).FindAll(item =>
        {
            var tested = attribute is null ? item : byName.Attribute(item, attribute, call.Line);
            return (test is null ? JinjaValue.IsTrue(tested) : JinjaTests.Holds(test, tested, rest)) == wanted;
        });
    }

    private static string Indent(string text, CallValues call)
    {
        var indentation = call.Get(0, "width") is string own
            ? own
            : new string(' ', (int)Math.Clamp(call.Integer(0, "width", 4), 0, 256));
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var indents = i == 0 ? call.Flag(1, "first") : lines[i].Length > 0 || call.Flag(2, "blank");
            if (indents)
                lines[i] = indentation + lines[i];
        }
        return string.Join('\n', lines);
    }

    private static object? ToInteger(object? value, CallValues call) => value switch
    {
        long or bool => JinjaValue.TryNumber(value, out var number) ? (long)number : value,
        double number when Math.Abs(number) < 9e18 => (long)number,
        string text when long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out var n) => n,
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var n)
            && Math.Abs(n) < 9e18 => (long)n,
        _ => call.Get(0, "default", 0L),
    };

    private static object? ToFloat(object? value, CallValues call) => value switch
    {
        string text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) => n,
        _ when JinjaValue.TryNumber(value, out var number) => number,
        _ => call.Get(0, "default", 0.0),
    };

    private static double Number(object? value, CallValues call, Func<double, double> function) =>
        JinjaValue.TryNumber(value, out var number)
            ? function(number)
            : throw call.Error($"needs a number, not {JinjaValue.Describe(value)}");

    private static double Round(double number, CallValues call)
    {
        var factor = Math.Pow(10, Math.Clamp(call.Integer(0, "precision", 0), -15, 15));
        return call.Text(1, "method", "common") switch
        {
            "ceil" => Math.Ceiling(number * factor) / factor,
            "floor" => Math.Floor(number * factor) / factor,
            _ => Math.Round(number * factor, MidpointRounding.ToEven) / factor,
        };
    }
}
