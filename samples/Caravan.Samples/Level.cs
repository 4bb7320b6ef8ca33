namespace Caravan.Samples;

/// <summary>How large the problems of a stage of the curriculum are.</summary>
public enum Level
{
    /// <summary>One fact, one or two items, one digit.</summary>
    Short,

    /// <summary>Up to two facts, two or three items.</summary>
    Medium,

    /// <summary>Everything; held-out problems are of this level.</summary>
    Full,
}
