using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Three or four numbers put in order, or three words put in the order of the alphabet.</summary>
public sealed class Sorting : ITaskKind
{
    public string Name => "sorting";

    public int Weight => 3;

    public Problem Draw(SeededRandom random, Level level) => random.OneIn(3) ? OfWords(random, level) : OfNumbers(random, level);

    private static Problem OfNumbers(SeededRandom random, Level level)
    {
        var numbers = random.Numbers(10, 99, random.Between(2, 2 + (int)level));
        var list = Words.List(numbers);
        return random.OneIn(2)
            ? new Problem(
                list,
                random.Pick(
                    $"Sort these numbers: {list}", $"Sort from smallest to largest: {list}",
                    $"Put these numbers in ascending order: {list}", $"Order {list} from low to high."),
                Words.List(numbers.Order()))
            : new Problem(
                list,
                random.Pick(
                    $"Sort from largest to smallest: {list}", $"Put these numbers in descending order: {list}",
                    $"Order {list} from high to low."),
                Words.List(numbers.OrderDescending()));
    }

    private static Problem OfWords(SeededRandom random, Level level)
    {
        string[] words;
        var count = random.Between(2, level == Level.Full ? 3 : 2);
        do
            words = random.Several(Words.Nouns, count);
        while (words.Select(word => word[0]).Distinct().Count() < words.Length);
        var list = Words.List(words);
        var question = random.Pick(
            $"Sort these words: {list}", $"Put these words in alphabetical order: {list}",
            $"Order {list} from A to Z.");
        return new Problem(list, question, $"In order: {Words.List(words.Order(StringComparer.Ordinal))}");
    }
}
