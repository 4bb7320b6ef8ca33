using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Sums and differences within 0…12.</summary>
public sealed class Arithmetic : ITaskKind
{
    public string Name => "arithmetic";

    public int Weight => 3;

    public Problem Draw(SeededRandom random, Level level) =>
        Draw(random, level == Level.Easy ? 6 : 12);

    private static Problem Draw(SeededRandom random, int limit) =>
        random.OneIn(2) ? Sum(random, limit) : Difference(random, limit);

    private static Problem Sum(SeededRandom random, int limit)
    {
        var total = random.Between(2, limit);
        var a = random.Between(1, total - 1);
        var b = total - a;
        var question = random.Pick(
            $"What is {a} + {b}?", $"{a} + {b} = ?", $"Add {a} and {b}.", $"Calculate {a} plus {b}.",
            $"What is the sum of {a} and {b}?");
        return new Problem(question, $"{total}");
    }

    private static Problem Difference(SeededRandom random, int limit)
    {
        var a = random.Between(1, limit);
        var b = random.Between(0, a);
        var question = random.Pick(
            $"What is {a} - {b}?", $"{a} - {b} = ?", $"Take {b} away from {a}.", $"Calculate {a} minus {b}.",
            $"Subtract {b} from {a}.");
        return new Problem(question, $"{a - b}");
    }
}
