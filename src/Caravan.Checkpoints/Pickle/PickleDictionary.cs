namespace Caravan.Checkpoints;

/// <summary>
/// A dictionary in the order of insertion. Keys that are no strings, integers or booleans are only kept.
/// </summary>
internal sealed class PickleDictionary
{
    private readonly Dictionary<object, int> _places = [];
    private readonly List<KeyValuePair<object?, object?>> _items = [];

    public IReadOnlyList<KeyValuePair<object?, object?>> Items => _items;

    public object? this[string key] => _places.TryGetValue(key, out var place) ? _items[place].Value : null;

    public bool Contains(string key) => _places.ContainsKey(key);

    public void Set(object? key, object? value)
    {
        var item = new KeyValuePair<object?, object?>(key, value);
        if (key is not (string or long or bool))
        {
            _items.Add(item);
        }
        else if (_places.TryGetValue(key, out var place))
        {
            _items[place] = item;
        }
        else
        {
            _places.Add(key, _items.Count);
            _items.Add(item);
        }
    }
}
