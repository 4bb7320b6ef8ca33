namespace Caravan.Text.Jinja;

/// <summary>A mapping that keeps the order of its keys.</summary>
/// <param name="isNamespace">Whether a template may set its attributes.</param>
internal sealed class JinjaDict(bool isNamespace = false)
{
    private readonly OrderedDictionary<string, object?> _items = [];

    public bool IsNamespace { get; } = isNamespace;

    public int Count => _items.Count;

    public IEnumerable<string> Keys => _items.Keys;

    public IEnumerable<object?> Values => _items.Values;

    public IEnumerable<KeyValuePair<string, object?>> Items => _items;

    public object? this[string key]
    {
        set => _items[key] = value;
    }

    public bool Contains(string key) => _items.ContainsKey(key);

    public bool TryGet(string key, out object? value) => _items.TryGetValue(key, out value);
}
