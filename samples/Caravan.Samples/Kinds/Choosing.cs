using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Which word of a list belongs to a group, which one does not, and what a word is.</summary>
public sealed class Choosing : ITaskKind
{
    public string Name => "choosing";

    public int Weight => 2;

    public Problem Draw(SeededRandom random, Level level) => level == Level.Short || random.OneIn(2)
        ? Belongs(random, level == Level.Full ? 3 : 2)
        : OddOneOut(random);

    private static Problem Belongs(SeededRandom random, int count)
    {
        var groups = random.Several(Words.Groups, count);
        string[] words = [.. groups.Select(group => random.Pick(group.Members))];
        var (answer, (article, name, _)) = (words[0], groups[0]);
        random.Shuffle<string>(words);
        var list = Words.List(words);
        var question = random.Pick(
            $"Which of these is {article} {name}: {list}", $"Find the {name}: {list}",
            $"Choose the word for {article} {name} from {list}.");
        return new Problem($"{name} in {list}", question, $"It is {answer}.");
    }

    private static Problem OddOneOut(SeededRandom random)
    {
        var groups = random.Several(Words.Groups, 2);
        string[] words = [.. random.Several(groups[0].Members, 3), random.Pick(groups[1].Members)];
        var answer = words[^1];
        random.Shuffle<string>(words);
        var list = Words.List(words);
        var question = random.Pick(
            $"Which word does not belong: {list}", $"Find the odd one out: {list}",
            $"One word does not fit. Which one? {list}");
        return new Problem(list, question, $"It is {answer}.");
    }
}
