using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Rewriting given facts in an exact form: JSON, a list with bullets or numbers, a date, a title.</summary>
public sealed class Formatting : ITaskKind
{
    public string Name => "formatting";

    public int Weight => 2;

    public Problem Draw(SeededRandom random, Level level) =>
        random.OneIn(2) ? Json(random) : Lines(random, level == Level.Easy ? 2 : 3);

    private static Problem Json(SeededRandom random)
    {
        var (name, age, city) = (random.Pick(Words.Names), random.Between(2, 98), random.Pick(Words.Cities));
        return random.OneIn(2)
            ? new Problem(
                random.Pick(
                    $"Write as JSON: {name} is {age} years old.", $"{name} is {age} years old. Give me that as JSON.",
                    $"Make JSON with name {name} and age {age}."),
                $$"""{"name": "{{name}}", "age": {{age}}}""")
            : new Problem(
                random.Pick(
                    $"Write as JSON: {name} lives in {city}.", $"{name} lives in {city}. Give me that as JSON.",
                    $"Make JSON with name {name} and city {city}."),
                $$"""{"name": "{{name}}", "city": "{{city}}"}""");
    }

    private static Problem Lines(SeededRandom random, int longest)
    {
        var words = random.Several(Words.Nouns, random.Between(2, longest));
        var list = Words.List(words);
        return random.OneIn(2)
            ? new Problem(
                random.Pick($"Make a bullet list: {list}", $"Write {list} as a list with bullets."),
                string.Join('\n', words.Select(word => $"- {word}")))
            : new Problem(
                random.Pick($"Make a numbered list: {list}", $"Write {list} as a list with numbers."),
                string.Join('\n', words.Select((word, i) => $"{i + 1}. {word}")));
    }
}
