using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>The next number of a row with equal steps, up or down.</summary>
public sealed class Sequences : ITaskKind
{
    public string Name => "sequences";

    public int Weight => 1;

    public Problem Draw(SeededRandom random, Level level)
    {
        var step = random.Pick(1, 2, 5, 10);
        const int length = 3;
        var first = random.Between(1, 50 - (step * length));
        int[] row = [.. Enumerable.Range(0, length + 1).Select(i => first + (i * step))];
        if (random.OneIn(3))
            Array.Reverse(row);
        var shown = Words.List(row[..^1]);
        var question = random.Pick(
            $"What number comes next: {shown}", $"Continue: {shown}", $"Which number follows {shown}?",
            $"Give the next number in the row {shown}.");
        return new Problem(question, $"{row[^1]}");
    }
}
