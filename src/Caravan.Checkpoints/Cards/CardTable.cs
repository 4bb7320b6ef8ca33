namespace Caravan.Checkpoints;

/// <summary>A table of a model card.</summary>
/// <param name="Columns">Their headings; empty texts for none.</param>
/// <param name="Rows">Each with as many cells as there are columns.</param>
public sealed record CardTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>A table of names and values, without headings.</summary>
    public static CardTable OfPairs(string title, IEnumerable<KeyValuePair<string, string>> pairs) =>
        new(title, ["", ""], [.. pairs.Select(pair => new[] { pair.Key, pair.Value })]);
}
