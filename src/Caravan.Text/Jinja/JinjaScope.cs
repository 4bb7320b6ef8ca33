namespace Caravan.Text.Jinja;

/// <summary>Names and their values; what is not found here is looked for outside.</summary>
internal sealed class JinjaScope(JinjaScope? outer)
{
    private readonly Dictionary<string, object?> _values = [];

    public object? Get(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._values.TryGetValue(name, out var value))
                return value;
        }
        return new JinjaUndefined(name);
    }

    public void Set(string name, object? value) => _values[name] = value;

    private JinjaScope? Outer { get; } = outer;
}
