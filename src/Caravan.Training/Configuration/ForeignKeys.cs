namespace Caravan.Training.Configuration;

/// <summary>How a reader treats keys that have no meaning here.</summary>
/// <param name="Keys">The keys it knows, by name.</param>
/// <param name="IgnoreAll">Whether to pass over those too that would be refused.</param>
/// <param name="Say">Told about each key that is passed over.</param>
public sealed record ForeignKeys(IReadOnlyDictionary<string, ForeignKey> Keys, bool IgnoreAll, Action<string> Say)
{
    /// <summary>Every key that is not the configuration's own is unknown.</summary>
    public static ForeignKeys None { get; } = new(new Dictionary<string, ForeignKey>(), IgnoreAll: false, _ => { });

    internal ForeignKey? Find(string name) => Keys.GetValueOrDefault(name);
}
