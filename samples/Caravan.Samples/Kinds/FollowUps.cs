using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Conversations of two questions, the second of which needs what was said before.</summary>
public sealed class FollowUps : ITaskKind
{
    public string Name => "follow-ups";

    public int Weight => 4;

    public Problem Draw(SeededRandom random, Level level) => random.NextInt(4) switch
    {
        0 => Introduction(random),
        1 => GrowingList(random, level),
        2 => RunningTotal(random),
        _ => OtherOrder(random, level == Level.Full ? 3 : 2),
    };

    private static Problem Introduction(SeededRandom random)
    {
        var (name, city, thing) = (random.Pick(Words.Names), random.Pick(Words.Cities), random.Pick(Words.Animals));
        var hello = random.Pick(
            $"I am {name} from {city} and I have {Words.WithArticle(thing)}.",
            $"My name is {name}, I live in {city} and I own {Words.WithArticle(thing)}.");
        var (question, answer) = random.NextInt(3) switch
        {
            0 => (random.Pick("What is my name?", "Who am I?"), $"You are {name}."),
            1 => (random.Pick("Where do I live?", "Which city am I from?"), $"You live in {city}."),
            _ => (random.Pick("Which animal do I have?", "What animal is mine?"), 
                $"You have {Words.WithArticle(thing)}."),
        };
        return new Problem(hello, $"Hello, {name}!", question, answer);
    }

    private static Problem GrowingList(SeededRandom random, Level level)
    {
        var count = random.Between(level == Level.Full ? 2 : 1, level == Level.Easy ? 2 : 3);
        var words = random.Several(Words.Nouns, count);
        var (start, next) = (Words.List(words), random.Pick(Words.Nouns));
        var opening = random.Pick($"Start a list: {start}", $"This is my list: {start}",
            $"Write a list with {start}.");
        if (random.OneIn(2))
            return new Problem(opening, $"The list is {start}.",
                random.Pick($"Add {next}.", $"Put {next} on it too.", $"And now {next}."),
                $"The list is {start}, {next}.");
        var gone = random.Pick(words);
        return new Problem(opening, $"The list is {start}.",
            random.Pick($"Remove {gone}.", $"Take {gone} off it.", $"Now without {gone}."),
            $"The list is {Words.List(words.Where(word => word != gone))}.");
    }

    private static Problem RunningTotal(SeededRandom random)
    {
        var (a, b) = (random.Between(1, 6), random.Between(1, 5));
        var change = random.Between(1, 5);
        var opening = random.Pick($"What is {a} + {b}?", $"Add {a} and {b}.");
        var sum = a + b;
        return random.OneIn(2) || sum < change
            ? new Problem(opening, $"{sum}",
                random.Pick($"Add {change} more.", $"And plus {change}?", $"Now add {change}."), $"{sum + change}")
            : new Problem(opening, $"{sum}",
                random.Pick($"Take away {change}.", $"And minus {change}?", $"Now subtract {change}."),
                $"{sum - change}");
    }

    private static Problem OtherOrder(SeededRandom random, int count)
    {
        var numbers = random.Numbers(1, 9, count);
        var list = Words.List(numbers);
        return new Problem(
            random.Pick($"Sort these numbers: {list}", $"Sort from smallest to largest: {list}"),
            Words.List(numbers.Order()),
            random.Pick("Now the other way round.", "And in descending order?", "Now from largest to smallest."),
            Words.List(numbers.OrderDescending()));
    }
}
