using System.Text;

namespace Caravan.Text.Jinja;

/// <summary>
/// The methods of Python's strings, lists and dictionaries that templates call. None changes its object.
/// </summary>
internal static class JinjaMethods
{
    /// <summary>The method of that name, or null.</summary>
    public static JinjaFunction? Find(object? value, string name) => value switch
    {
        string text => OfString(text, name),
        JinjaDict dict => OfDict(dict, name),
        List<object?> list => OfList(list, name),
        _ => null,
    };

    public static string Capitalize(string text) =>
        text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static bool IsUpper(string text) => text.Any(char.IsUpper) && !text.Any(char.IsLower);

    public static bool IsLower(string text) => text.Any(char.IsLower) && !text.Any(char.IsUpper);

    public static string Title(string text)
    {
        var title = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var startsWord = i == 0 || !char.IsLetter(text[i - 1]);
            title.Append(startsWord ? char.ToUpperInvariant(text[i]) : char.ToLowerInvariant(text[i]));
        }
        return title.ToString();
    }

    public static string Replace(string text, CallValues call)
    {
        var (old, replacement) = (call.Text(0, "old"), call.Text(1, "new"));
        var count = call.Get(2, "count") is null ? -1 : call.Integer(2, "count");
        if (old.Length == 0)
            throw call.Error("cannot replace the empty string");
        if (count < 0)
            return Bounded(text.Length + ((long)Occurrences(text, old) * (replacement.Length - old.Length)), call)
                ? text.Replace(old, replacement)
                : "";
        for (var from = 0; count > 0; count--)
        {
            var at = text.IndexOf(old, from, StringComparison.Ordinal);
            if (at < 0)
                break;
            text = string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(at + old.Length));
            from = at + replacement.Length;
        }
        return text;
    }

    private static JinjaFunction? OfString(string text, string name) => name switch
    {
        "strip" => call => text.Trim(Characters(call)),
        "lstrip" => call => text.TrimStart(Characters(call)),
        "rstrip" => call => text.TrimEnd(Characters(call)),
        "upper" => _ => text.ToUpperInvariant(),
        "lower" => _ => text.ToLowerInvariant(),
        "title" => _ => Title(text),
        "capitalize" => _ => Capitalize(text),
        "startswith" =>
            call => Affixes(call, "prefix").Exists(affix => text.StartsWith(affix, StringComparison.Ordinal)),
        "endswith" => call => Affixes(call, "suffix").Exists(affix => text.EndsWith(affix, StringComparison.Ordinal)),
        "split" => call => Split(text, call, fromRight: false),
        "rsplit" => call => Split(text, call, fromRight: true),
        "splitlines" => _ => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Cast<object?>().ToList(),
        "replace" => call => Replace(text, call),
        "find" => call => (long)text.IndexOf(call.Text(0, "sub"), StringComparison.Ordinal),
        "rfind" => call => (long)text.LastIndexOf(call.Text(0, "sub"), StringComparison.Ordinal),
        "count" => call => (long)Occurrences(text, call.Text(0, "sub")),
        "join" => call => string.Join(
            text, (JinjaValue.Items(call.Require(0, "iterable")) ?? []).Select(JinjaValue.ToText)),
        "isdigit" => _ => text.Length > 0 && text.All(char.IsDigit),
        "isalpha" => _ => text.Length > 0 && text.All(char.IsLetter),
        "isalnum" => _ => text.Length > 0 && text.All(char.IsLetterOrDigit),
        "isspace" => _ => text.Length > 0 && text.All(char.IsWhiteSpace),
        "isupper" => _ => IsUpper(text),
        "islower" => _ => IsLower(text),
        "removeprefix" => call => text.StartsWith(call.Text(0, "prefix"), StringComparison.Ordinal)
            ? text[call.Text(0, "prefix").Length..]
            : text,
        "removesuffix" => call => text.EndsWith(call.Text(0, "suffix"), StringComparison.Ordinal)
            ? text[..^call.Text(0, "suffix").Length]
            : text,
        _ => null,
    };

    private static JinjaFunction? OfDict(JinjaDict dict, string name) => name switch
    {
        "items" => _ => dict.Items.Select(item => (object?)new List<object?> { item.Key, item.Value }).ToList(),
        "keys" => _ => dict.Keys.Cast<object?>().ToList(),
        "values" => _ => dict.Values.ToList(),
        "get" => call => call.Require(0, "key") is string key && dict.TryGet(key, out var value)
            ? value
            : call.Get(1, "default"),
        _ => null,
    };

    private static JinjaFunction? OfList(List<object?> list, string name) => name switch
    {
        "index" => call => (long)list.FindIndex(item => JinjaValue.AreEqual(item, call.Require(0, "value"))),
        "count" => call => (long)list.Count(item => JinjaValue.AreEqual(item, call.Require(0, "value"))),
        _ => null,
    };

    private static char[]? Characters(CallValues call) =>
        call.Get(0, "chars") is null ? null : call.Text(0, "chars").ToCharArray();

    /// <summary>One affix or a tuple of them.</summary>
    private static List<string> Affixes(CallValues call, string name) =>
        call.Require(0, name) is List<object?> several ? several.ConvertAll(JinjaValue.ToText) : [call.Text(0, name)];

    private static List<object?> Split(string text, CallValues call, bool fromRight)
    {
        var limit = call.Integer(1, "maxsplit", -1);
        if (call.Get(0, "sep") is null)
        {
            var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (limit < 0 || words.Length <= limit + 1)
                return [.. words];
            throw call.Error("supports maxsplit only with a separator");
        }
        var separator = call.Text(0, "sep");
        if (separator.Length == 0)
            throw call.Error("cannot split at the empty string");
        if (limit < 0)
            return [.. text.Split(separator)];
        var parts = text.Split(separator);
        var rest = (int)Math.Min(limit, parts.Length - 1);
        return fromRight
            ? [string.Join(separator, parts[..^rest]), .. parts[^rest..]]
            : [.. parts[..rest], string.Join(separator, parts[rest..])];
    }

    private static int Occurrences(string text, string part)
    {
        var count = 0;
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0 && part.Length > 0;
            at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal))
        {
            count++;
        }
        return count;
    }

    private static bool Bounded(long length, CallValues call) =>
        length <= JinjaInterpreter.MaxTextLength ? true : throw call.Error("would make too long a text");
}
