using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Two or three facts and a question about one of them, to be answered with Yes or No.</summary>
public sealed class YesNoFacts : ITaskKind
{
    public string Name => "yes-no";

    public int Weight => 2;

    public Problem Draw(SeededRandom random, Level level) => random.OneIn(2)
        ? Owning(random, Facts(random, level))
        : Being(random, Facts(random, level));

    private static int Facts(SeededRandom random, Level level) => level == Level.Full ? random.Between(2, 3) : 2;

    private static Problem Owning(SeededRandom random, int count)
    {
        var names = random.Several(Words.Names, count);
        string[] things = [.. random.Several(Words.Belongings, count).Select(Words.WithArticle)];
        var facts = string.Join(' ', names.Zip(things, (name, thing) => $"{name} has {thing}."));
        var (asked, (claimed, answer)) = Claim(random, count);
        var (name, thing) = (names[asked], things[claimed]);
        var question = random.Pick(
            $"{facts} Does {name} have {thing}?", $"{facts} Is it true that {name} has {thing}?",
            $"{facts} Yes or no: {name} has {thing}.");
        return new Problem($"{facts} {name} {thing}", question, answer);
    }

    private static Problem Being(SeededRandom random, int count)
    {
        var animals = random.Several(Words.Animals, count);
        var places = random.Several(Words.Places, count);
        var facts = string.Join(' ', animals.Zip(places, (animal, place) => $"The {animal} is in the {place}."));
        var (asked, (claimed, answer)) = Claim(random, count);
        var (animal, place) = (animals[asked], places[claimed]);
        var question = random.Pick(
            $"{facts} Is the {animal} in the {place}?", $"{facts} Is it true that the {animal} is in the {place}?",
            $"{facts} Yes or no: the {animal} is in the {place}.");
        return new Problem($"{facts} {animal} {place}", question, answer);
    }

    /// <summary>About whom to ask, and whose fact to claim of them: their own or, as often, another's.</summary>
    private static (int Asked, (int Claimed, string Answer)) Claim(SeededRandom random, int count)
    {
        var asked = random.NextInt(count);
        return (asked, random.OneIn(2) ? (asked, "Yes") : ((asked + random.Between(1, count - 1)) % count, "No"));
    }
}
