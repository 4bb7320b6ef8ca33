using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Looking something up in the prompt: who has it, where it is, which word stands at a place.</summary>
public sealed class Finding : ITaskKind
{
    public string Name => "finding";

    public int Weight => 2;

    public Problem Draw(SeededRandom random, Level level) => random.NextInt(3) switch
    {
        0 => Owner(random, 1 + (int)level),
        1 => Place(random, 1 + (int)level),
        _ => Position(random, 3 + (int)level),
    };

    private static Problem Owner(SeededRandom random, int most)
    {
        var names = random.Several(Words.Names, random.Between(int.Min(most, 2), most));
        var things = random.Several(Words.Belongings, names.Length);
        var facts = string.Join(' ', names.Zip(things, (name, thing) => $"{name} has {Words.WithArticle(thing)}."));
        var asked = random.NextInt(names.Length);
        var (name, thing) = (names[asked], things[asked]);
        return random.OneIn(2)
            ? new Problem(
                $"{facts} {thing}",
                random.Pick($"{facts} Who has the {thing}?", $"{facts} Name the owner of the {thing}."),
                $"It is {name}.")
            : new Problem(
                $"{facts} {name}",
                random.Pick($"{facts} What does {name} have?", $"{facts} Name what {name} has."),
                $"It is {Words.WithArticle(thing)}.");
    }

    private static Problem Place(SeededRandom random, int most)
    {
        var things = random.Several(Words.Things, random.Between(int.Min(most, 2), most));
        var places = random.Several(Words.Places, things.Length);
        var facts = string.Join(' ', things.Zip(places, (thing, place) => $"The {thing} is in the {place}."));
        var asked = random.NextInt(things.Length);
        var question = random.Pick(
            $"{facts} Where is the {things[asked]}?", $"{facts} Where do I find the {things[asked]}?");
        return new Problem($"{facts} {things[asked]}", question, $"It is in the {places[asked]}.");
    }

    private static Problem Position(SeededRandom random, int most)
    {
        var words = random.Several(Words.Nouns, random.Between(2, most));
        var place = random.NextInt(words.Length);
        var ordinal = place == words.Length - 1 && random.OneIn(2) ? "last" : Words.Ordinals[place];
        var list = Words.List(words);
        var question = random.Pick(
            $"What is the {ordinal} word of {list}?", $"Give the {ordinal} word: {list}",
            $"Which word is {ordinal} in this list: {list}");
        return new Problem($"{ordinal} {list}", question, $"It is {words[place]}.");
    }
}
