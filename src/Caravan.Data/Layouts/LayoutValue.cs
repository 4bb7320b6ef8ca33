namespace Caravan.Data.Layouts;

/// <summary>A value of a <see cref="LayoutColumn"/>: its text, or the texts of each object in its list.</summary>
internal readonly record struct LayoutValue(string? Text, IReadOnlyList<string[]>? Items = null)
{
    public static implicit operator LayoutValue(string text) => new(text);
}
