namespace Caravan.Text.Models;

/// <summary>A symbol at the end of a stretch, and the time of the merge that took it away.</summary>
internal readonly record struct TimedSymbol(int Symbol, int Until)
{
    /// <summary>The time of a merge that does not come.</summary>
    public const int Never = int.MaxValue;

    /// <summary>
    /// Whether two neighbouring stretches, each of which merged by itself, could have merged across their boundary. If
    /// not, both are as they would be in the whole text.
    /// </summary>
    /// <param name="left">The symbols that ended at the boundary.</param>
    /// <param name="right">The symbols that began there.</param>
    public static bool CouldMerge(List<TimedSymbol> left, List<TimedSymbol> right, MergeTable merges)
    {
        var (i, j) = (0, 0);
        while (true)
        {
            var (a, b) = (left[i], right[j]);
            var found = merges.Find(a.Symbol, b.Symbol);
            // Merges of both stretches come in the order of their times, at the same time the left one's first. The
            // pair across stays unmerged if all that comes while it exists goes before it: what has a lower rank, or
            // the same one further left.
            var isLeftFirst = a.Until <= b.Until;
            var end = isLeftFirst ? a.Until : b.Until;
            if (found != MergeTable.None && (isLeftFirst ? found >> 32 < end : found >> 32 <= end))
                return true;
            if (end == Never)
                return false;
            if (isLeftFirst)
                i++;
            else
                j++;
        }
    }
}
