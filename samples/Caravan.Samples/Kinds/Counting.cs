using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>How many words a list has, and how often a word occurs in it.</summary>
public sealed class Counting : ITaskKind
{
    public string Name => "counting";

    public int Weight => 3;

    public Problem Draw(SeededRandom random, Level level) =>
        Draw(random, level == Level.Easy ? 3 : 4);

    private static Problem Draw(SeededRandom random, int longest) =>
        random.OneIn(2) ? Length(random, longest) : Occurrences(random, longest);

    private static Problem Length(SeededRandom random, int longest)
    {
        var words = random.Several(Words.Nouns, random.Between(1, longest));
        var list = Words.List(words);
        var question = random.Pick(
            $"How many words are in this list: {list}", $"Count the words: {list}",
            $"How many things are these: {list}", $"How long is the list {list}?");
        return new Problem(question, $"{words.Length}");
    }

    private static Problem Occurrences(SeededRandom random, int longest)
    {
        var colours = random.Several(Words.Colours, 2);
        string[] row = [.. Enumerable.Range(0, random.Between(1, longest)).Select(_ => random.Pick(colours))];
        var wanted = random.Pick(colours);
        var list = Words.List(row);
        var question = random.Pick(
            $"How many times does {wanted} occur in {list}?", $"How often do you see {wanted} here: {list}",
            $"Count the word {wanted}: {list}");
        return new Problem(question, $"{row.Count(word => word == wanted)}");
    }
}
