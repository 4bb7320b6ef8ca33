using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>The state of a thing, and whether a claim about it is true: Yes or No.</summary>
public sealed class YesNoFacts : ITaskKind
{
    public string Name => "yes-no";

    public int Weight => 2;

    public Problem Draw(SeededRandom random, Level level)
    {
        var thing = random.Pick(Words.Things);
        var (state, opposite) = random.Pick(Words.Opposites);
        if (random.OneIn(2))
            (state, opposite) = (opposite, state);
        var isTrue = random.OneIn(2);
        var claimed = isTrue ? state : opposite;
        var question = random.Pick(
            $"The {thing} is {state}. Is the {thing} {claimed}?",
            $"The {thing} is {state}. Is it true that the {thing} is {claimed}?",
            $"The {thing} is {state}. Yes or no: the {thing} is {claimed}.");
        return new Problem(question, isTrue ? "Yes" : "No");
    }
}
