using System.Globalization;
using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Rewriting given facts in an exact form: JSON, a list with bullets or numbers, a date, a title.</summary>
public sealed class Formatting : ITaskKind
{
    public string Name => "formatting";

    public int Weight => 2;

    public Problem Draw(SeededRandom random, Level level) => random.NextInt(3) switch
    {
        0 => Json(random),
        1 => Lines(random, level == Level.Short ? 2 : 3),
        _ => Date(random),
    };

    private static Problem Json(SeededRandom random)
    {
        var (name, age, city) = (random.Pick(Words.Names), random.Between(2, 98), random.Pick(Words.Cities));
        return random.OneIn(2)
            ? new Problem(
                $"{name} {age}",
                random.Pick(
                    $"Write as JSON: {name} is {age} years old.", $"{name} is {age} years old. Give me that as JSON.",
                    $"Make JSON with name {name} and age {age}."),
                $$"""{"name": "{{name}}", "age": {{age}}}""")
            : new Problem(
                $"{name} {city}",
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
                list,
                random.Pick($"Make a bullet list: {list}", $"Write {list} as a list with bullets."),
                string.Join('\n', words.Select(word => $"- {word}")))
            : new Problem(
                list,
                random.Pick($"Make a numbered list: {list}", $"Write {list} as a list with numbers."),
                string.Join('\n', words.Select((word, i) => $"{i + 1}. {word}")));
    }

    private static Problem Date(SeededRandom random)
    {
        var date = new DateOnly(2000, 1, 1).AddDays(random.NextInt(30 * 365));
        var written = $"{date.Day} {Words.Months[date.Month - 1]} {date.Year}";
        var question = random.Pick(
            $"Write {written} as an ISO date.", $"Give {written} in the form year-month-day.",
            $"ISO date of {written}?");
        return new Problem(written, question, date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }
}
