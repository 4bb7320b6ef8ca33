using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Which of two words belongs to a group.</summary>
public sealed class Choosing : ITaskKind
{
    public string Name => "choosing";

    public int Weight => 1;

    public Problem Draw(SeededRandom random, Level level)
    {
        var groups = random.Several(Words.Groups, 2);
        string[] words = [.. groups.Select(group => random.Pick(group.Members))];
        var (answer, (article, name, _)) = (words[0], groups[0]);
        random.Shuffle<string>(words);
        var list = Words.List(words);
        var question = random.Pick(
            $"Which of these is {article} {name}: {list}", $"Find the {name}: {list}",
            $"Choose the word for {article} {name} from {list}.");
        return new Problem(question, $"It is {answer}.");
    }
}
