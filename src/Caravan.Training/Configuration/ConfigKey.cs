using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Caravan.Files;

namespace Caravan.Training.Configuration;

/// <summary>One key of a configuration record: its names, its type, and how its text becomes a value.</summary>
public sealed class ConfigKey
{
    private readonly PropertyInfo _property;
    private readonly ConfigKeyAttribute _documentation;
    private readonly Type _type;

    private ConfigKey(PropertyInfo property, ConfigKeyAttribute documentation)
    {
        _property = property;
        _documentation = documentation;
        _type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        Name = NameOf(property.Name);
        IsRequired = property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute));
    }

    /// <summary>As in YAML: <c>learning_rate</c>.</summary>
    public string Name { get; }

    /// <summary>As on the command line: <c>--learning-rate</c>.</summary>
    public string Option => OptionOf(Name);

    public string Description => _documentation.Description;

    /// <summary>Other names that files may use.</summary>
    public IReadOnlyList<string> Aliases => _documentation.Aliases;

    public bool IsRequired { get; }

    /// <summary>Whether an interrupted run may go on with another value.</summary>
    public bool IsFree => _documentation.IsFree;

    /// <summary>Whether the key is a switch, which stands on the command line without a value too.</summary>
    public bool IsSwitch => _type == typeof(bool);

    /// <summary>Whether the value is a list of texts: in a file a list or a mapping, elsewhere words.</summary>
    public bool IsList => _type == typeof(IReadOnlyList<string>);

    /// <summary>The words that are allowed, where there are only some.</summary>
    public IReadOnlyList<string> Words => _type.IsEnum
        ? [.. Enum.GetNames(_type).Select(name => Separate(name, '_'))]
        : _documentation.Words;

    /// <summary>What the key takes, in words: <c>a number from 0 to 1</c>, <c>one of linear, cosine</c>.</summary>
    public string Expected => Type.GetTypeCode(_type) switch
    {
        _ when Words.Count > 0 => $"one of {string.Join(", ", Words)}",
        _ when IsList => "a list",
        _ when _type == typeof(Interval) => Interval.Expected,
        TypeCode.Boolean => "true or false",
        TypeCode.Int32 or TypeCode.Int64 => "a whole number" + Range,
        TypeCode.Double => "a number" + Range,
        _ => "text",
    };

    private string Range => (_documentation.Min, _documentation.Max) switch
    {
        (double.NegativeInfinity, double.PositiveInfinity) => "",
        (var min, double.PositiveInfinity) => _documentation.AboveMin ? $" above {min}" : $" of at least {min}",
        (double.NegativeInfinity, var max) => $" of at most {max}",
        var (min, max) => _documentation.AboveMin ? $" above {min}, up to {max}" : $" from {min} to {max}",
    };

    /// <summary>The keys of a configuration record: its own in the order of its properties, then those it inherits.
    /// </summary>
    public static IReadOnlyList<ConfigKey> Of<T>() =>
        [.. from property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
            let documentation = property.GetCustomAttribute<ConfigKeyAttribute>()
            where documentation is not null
            select new ConfigKey(property, documentation)];

    /// <summary>The keys whose values are not the defaults, with their values.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Changed<T>(T configuration) where T : class
    {
        var defaults = Activator.CreateInstance<T>();
        return from key in Of<T>()
               let value = key.Format(configuration)
               where value is not null && value != key.Format(defaults)
               select KeyValuePair.Create(key.Name, value);
    }

    /// <summary>The name of a property's key.</summary>
    internal static string NameOf(string property) => Separate(property, '_');

    /// <summary>The option of a key's name.</summary>
    public static string OptionOf(string name) => "--" + name.Replace('_', '-');

    /// <summary>The value as a file would spell it; null where it is not set.</summary>
    public string? Format(object configuration) => _property.GetValue(configuration) switch
    {
        null => null,
        IReadOnlyList<string> { Count: 0 } => null,
        IReadOnlyList<string> { Count: 1 } list => list[0],
        IReadOnlyList<string> list => JsonSerializer.Serialize(list, TextListJson.Default.IReadOnlyListString),
        Enum value => Separate(value.ToString(), '_'),
        bool value => value ? "true" : "false",
        var value => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    /// <summary>Sets the property from its text.</summary>
    /// <returns>Null, or what is wrong with the text.</returns>
    internal string? TrySet(object configuration, string text)
    {
        object? value = Type.GetTypeCode(_type) switch
        {
            _ when _type.IsEnum => ParseEnum(text),
            _ when IsList => ParseList(text),
            _ when _type == typeof(Interval) => Interval.TryParse(text),
            TypeCode.Boolean => bool.TryParse(text, out var flag) ? flag : null,
            TypeCode.Int32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out var number) ? number : null,
            TypeCode.Int64 => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out var number) ? number : null,
            TypeCode.Double => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                ? number : null,
            _ => Words.Count == 0 || Words.Contains(text) ? text : null,
        };
        if (value is null || !IsInRange(value))
            return $"{Name} is '{text}', expected {Expected}{Suggestion(text)}";
        _property.SetValue(configuration, value);
        return null;
    }

    /// <summary>Sets a list.</summary>
    internal void Set(object configuration, IReadOnlyList<string> items) => _property.SetValue(configuration, items);

    /// <summary>Appends to a list.</summary>
    internal void Append(object configuration, string text) =>
        Set(configuration,
            [.. (IReadOnlyList<string>)_property.GetValue(configuration)!, .. ParseList(text) ?? [text]]);

    // One text is a list of one; a JSON array or object is all that it holds.
    private static string[]? ParseList(string text)
    {
        if (text is not (['[', ..] or ['{', ..]))
            return [text];
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Array
                ? [.. json.RootElement.EnumerateArray().Select(item => item.ToString())]
                : [.. json.RootElement.EnumerateObject()
                    .SelectMany(pair => new[] { pair.Name, pair.Value.ToString() })];
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string Suggestion(string text) =>
        Words.Count > 0 && Spelling.Nearest(text, Words) is { } nearest ? $"; did you mean {nearest}?" : "";

    private object? ParseEnum(string text)
    {
        var name = Enum.GetNames(_type).FirstOrDefault(name => Separate(name, '_') == text);
        return name is null ? null : Enum.Parse(_type, name);
    }

    private bool IsInRange(object value)
    {
        if (value is not (int or long or double))
            return true;
        var number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        return number <= _documentation.Max
            && (_documentation.AboveMin ? number > _documentation.Min : number >= _documentation.Min);
    }

    private static string Separate(string pascalCase, char separator)
    {
        var text = new StringBuilder();
        foreach (var letter in pascalCase)
        {
            if (char.IsUpper(letter) && text.Length > 0)
                text.Append(separator);
            text.Append(char.ToLowerInvariant(letter));
        }
        return text.ToString();
    }
}
