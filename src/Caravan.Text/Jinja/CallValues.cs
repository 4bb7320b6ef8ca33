namespace Caravan.Text.Jinja;

/// <summary>The arguments of a call, filter or test, by position and by name.</summary>
internal sealed class CallValues(
    string function, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named, int line)
{
    public int Line { get; } = line;

    public IReadOnlyList<object?> Positional { get; } = positional;

    public IReadOnlyDictionary<string, object?> Named { get; } = named;

    public bool Has(int index, string name) => index < Positional.Count || Named.ContainsKey(name);

    /// <summary>An argument by position or name, or the default.</summary>
    public object? Get(int index, string name, object? otherwise = null) =>
        index < Positional.Count ? Positional[index] : Named.GetValueOrDefault(name, otherwise);

    public object? Require(int index, string name) =>
        Has(index, name) ? Get(index, name) : throw Error($"needs the argument \"{name}\"");

    public string Text(int index, string name, string? otherwise = null)
    {
        var value = otherwise is null ? Require(index, name) : Get(index, name, otherwise);
        return value as string ?? throw Error($"needs a string as \"{name}\", not {JinjaValue.Describe(value)}");
    }

    public long Integer(int index, string name, long? otherwise = null)
    {
        var value = otherwise is null ? Require(index, name) : Get(index, name, otherwise);
        return value switch
        {
            long number => number,
            bool flag => flag ? 1 : 0,
            _ => throw Error($"needs a whole number as \"{name}\", not {JinjaValue.Describe(value)}"),
        };
    }

    public bool Flag(int index, string name, bool otherwise = false) => JinjaValue.IsTrue(Get(index, name, otherwise));

    public JinjaException Error(string problem) => new($"{function} {problem}.", Line);
}
