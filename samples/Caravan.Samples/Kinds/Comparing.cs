using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Which of two or three numbers is larger or smaller, and by which sign.</summary>
public sealed class Comparing : ITaskKind
{
    public string Name => "comparing";

    public int Weight => 2;

    public Problem Draw(SeededRandom random, Level level) => random.NextInt(level == Level.Easy ? 2 : 3) switch
    {
        0 => OfTwo(random),
        1 => Sign(random),
        _ => OfThree(random),
    };

    private static Problem OfTwo(SeededRandom random)
    {
        var (a, b) = Pair(random);
        var (word, answer) = random.OneIn(2)
            ? (random.Pick("larger", "bigger", "greater"), int.Max(a, b))
            : (random.Pick("smaller", "lower"), int.Min(a, b));
        var question = random.Pick(
            $"Which number is {word}, {a} or {b}?", $"Which is {word}: {a} or {b}?",
            $"Name the {word} of {a} and {b}.");
        return new Problem(question, $"{answer}");
    }

    private static Problem OfThree(SeededRandom random)
    {
        int[] numbers = random.Numbers(1, 9, 3);
        var (word, answer) = random.OneIn(2)
            ? (random.Pick("largest", "biggest", "greatest"), numbers.Max())
            : (random.Pick("smallest", "lowest"), numbers.Min());
        var list = Words.List(numbers);
        var question = random.Pick(
            $"What is the {word} of these numbers: {list}", $"Find the {word} number: {list}",
            $"Which of {list} is the {word}?");
        return new Problem(question, $"{answer}");
    }

    private static Problem Sign(SeededRandom random)
    {
        var (a, b) = Pair(random);
        var question = random.Pick(
            $"Put < or > between {a} and {b}.", $"Compare {a} and {b} with < or >.", $"Is {a} < {b} or {a} > {b}?");
        return new Problem(question, $"{a} {(a < b ? '<' : '>')} {b}");
    }

    private static (int A, int B) Pair(SeededRandom random)
    {
        var a = random.Between(1, 20);
        var b = random.Between(1, 19);
        return (a, b < a ? b : b + 1);
    }
}
