namespace Caravan.Data.Datasets.Instruction;

/// <summary>
/// Splits a conversation of an even number of messages into pieces of whole pairs that cost at most a budget. As the
/// reference does, it loses pairs: an overflow on the last pair loses that pair, and a pair that is too long by itself
/// weighs on the piece after it. Fixed, every pair that fits the budget is in a piece.
/// </summary>
internal sealed class ConversationSplitter(int budget, bool asReference)
{
    /// <summary>Pieces as message ranges, and how many messages are in none: too long in themselves, or lost.</summary>
    internal sealed record Outcome(IReadOnlyList<(int Start, int End)> Pieces, int TooLong, int Lost, int EmptyPieces);

    /// <summary>Splits by the messages' costs. The budget is inclusive.</summary>
    public Outcome Split(IReadOnlyList<int> costs)
    {
        var pieces = new List<(int Start, int End)>();
        var (start, current, tooLong) = (0, 0L, 0);
        for (var i = 0; i < costs.Count; i += 2)
        {
            var pair = (long)costs[i] + costs[i + 1];
            tooLong += pair > budget ? 2 : 0;
            if (current + pair > budget)
            {
                pieces.Add((start, i));
                start = pair > budget ? i + 2 : i;
                current = 0;
            }
            else if (asReference && i + 2 == costs.Count)
                pieces.Add((start, i + 2));
            // The reference adds the cost of a pair even if it has just left the pair out.
            current += asReference || pair <= budget ? pair : 0;
        }
        if (!asReference)
            pieces.Add((start, costs.Count));
        var filled = pieces.Where(piece => piece.End > piece.Start).ToList();
        var lost = costs.Count - tooLong - filled.Sum(piece => piece.End - piece.Start);
        return new Outcome(filled, tooLong, lost, asReference ? pieces.Count - filled.Count : 0);
    }
}
