using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Two or three numbers put in order, upwards or downwards.</summary>
public sealed class Sorting : ITaskKind
{
    public string Name => "sorting";

    public int Weight => 2;

    public Problem Draw(SeededRandom random, Level level)
    {
        var numbers = random.Numbers(1, 9, level == Level.Full ? 3 : 2);
        var list = Words.List(numbers);
        return random.OneIn(2)
            ? new Problem(
                random.Pick(
                    $"Sort these numbers: {list}", $"Sort from smallest to largest: {list}",
                    $"Put these numbers in ascending order: {list}", $"Order {list} from low to high."),
                Words.List(numbers.Order()))
            : new Problem(
                random.Pick(
                    $"Sort from largest to smallest: {list}", $"Put these numbers in descending order: {list}",
                    $"Order {list} from high to low."),
                Words.List(numbers.OrderDescending()));
    }
}
