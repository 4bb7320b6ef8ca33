using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>The next number of a row with equal steps, and the neighbours of a number or month.</summary>
public sealed class Sequences : ITaskKind
{
    public string Name => "sequences";

    public int Weight => 2;

    public Problem Draw(SeededRandom random, Level level)
    {
        var step = random.Between(1, 3 + (3 * (int)level));
        var length = random.Between(3, 4);
        var first = random.Between(1, 99 - (step * length));
        int[] row = [.. Enumerable.Range(0, length + 1).Select(i => first + (i * step))];
        if (random.OneIn(3))
            Array.Reverse(row);
        var shown = Words.List(row[..^1]);
        var question = random.Pick(
            $"What number comes next: {shown}", $"Continue: {shown}", $"Which number follows {shown}?",
            $"Give the next number in the row {shown}.");
        return new Problem(shown, question, $"{row[^1]}");
    }
}
