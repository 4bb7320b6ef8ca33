namespace Caravan.Samples;

/// <summary>How large the problems are.</summary>
public enum Level
{
    /// <summary>One or two items, small numbers.</summary>
    Easy,

    /// <summary>Everything; held-out problems are of this level.</summary>
    Full,
}
