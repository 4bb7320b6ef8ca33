namespace Caravan.Data.Layouts;

/// <summary>
/// A column of a layout: text, or, if there are <paramref name="Fields"/>, a list of objects that have these texts.
/// </summary>
internal sealed record LayoutColumn(string Name, IReadOnlyList<string>? Fields = null);
