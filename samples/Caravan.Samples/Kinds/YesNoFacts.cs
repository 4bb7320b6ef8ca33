using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>A fact and a claim about it, to be answered with Yes or No.</summary>
public sealed class YesNoFacts : ITaskKind
{
    public string Name => "yes-no";

    public int Weight => 3;

    public Problem Draw(SeededRandom random, Level level) => random.OneIn(2) ? Owning(random) : Being(random);

    private static Problem Owning(SeededRandom random)
    {
        var name = random.Pick(Words.Names);
        string[] things = [.. random.Several(Words.Belongings, 2).Select(Words.WithArticle)];
        var isTrue = random.OneIn(2);
        var (fact, claimed) = ($"{name} has {things[0]}.", isTrue ? things[0] : things[1]);
        var question = random.Pick(
            $"{fact} Does {name} have {claimed}?", $"{fact} Is it true that {name} has {claimed}?",
            $"{fact} Yes or no: {name} has {claimed}.");
        return new Problem(question, Answer(isTrue));
    }

    private static Problem Being(SeededRandom random)
    {
        var animal = random.Pick(Words.Animals);
        var places = random.Several(Words.Places, 2);
        var isTrue = random.OneIn(2);
        var (fact, claimed) = ($"The {animal} is in the {places[0]}.", isTrue ? places[0] : places[1]);
        var question = random.Pick(
            $"{fact} Is the {animal} in the {claimed}?", $"{fact} Is it true that the {animal} is in the {claimed}?",
            $"{fact} Yes or no: the {animal} is in the {claimed}.");
        return new Problem(question, Answer(isTrue));
    }

    private static string Answer(bool isTrue) => isTrue ? "Yes" : "No";
}
