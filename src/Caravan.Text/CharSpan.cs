namespace Caravan.Text;

/// <summary>
/// A range of UTF-16 characters of a text: from <paramref name="Start"/> up to, not including, <paramref name="End"/>.
/// </summary>
public readonly record struct CharSpan(int Start, int End)
{
    public int Length => End - Start;

    /// <summary>The same range in a text that has <paramref name="by"/> more characters in front.</summary>
    public CharSpan Shifted(int by) => new(Start + by, End + by);

    /// <summary>
    /// Whether a token with this range belongs to <paramref name="other"/>: the ranges share a character, or this range
    /// is empty (a token that stands for no text, such as the beginning-of-sequence) and lies inside the other.
    /// </summary>
    public bool Touches(CharSpan other) =>
        Start == End ? other.Start <= Start && Start < other.End : Start < other.End && other.Start < End;
}
