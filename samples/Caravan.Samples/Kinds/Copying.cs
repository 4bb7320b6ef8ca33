using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>
/// Repeating a list or sentence with one change: a word replaced, left out or added, every word doubled, the order
/// turned. Short problems repeat without a change, which is what everything else is built on.
/// </summary>
public sealed class Copying : ITaskKind
{
    private static readonly string[] Verbs = ["sees", "likes", "finds", "hears", "follows", "wants", "knows"];

    public string Name => "copying";

    public int Weight => 5;

    public Problem Draw(SeededRandom random, Level level) => level == Level.Easy
        ? Repeat(random)
        : random.NextInt(5) switch
        {
            0 => Replace(random),
            1 => LeaveOut(random, 3),
            2 => Append(random, 2),
            3 => Reverse(random, 3),
            _ => Double(random, 2),
        };

    private static string Answer(IEnumerable<string> words) => $"The list is {Words.List(words)}.";

    private static Problem Repeat(SeededRandom random)
    {
        var words = random.Several(Words.Nouns, random.Between(1, 3));
        var list = Words.List(words);
        return new Problem(random.Pick($"Repeat: {list}", $"Copy this list: {list}"), Answer(words));
    }

    private static Problem Replace(SeededRandom random)
    {
        var animals = random.Several(Words.Animals, 3);
        var (verb, replaceFirst) = (random.Pick(Verbs), random.OneIn(2));
        var (old, other) = replaceFirst ? (animals[0], animals[1]) : (animals[1], animals[0]);
        var (sentence, changed) = (Sentence(old), Sentence(animals[2]));
        var question = random.Pick(
            $"Replace {old} with {animals[2]}: {sentence}", $"Repeat, but write {animals[2]} for {old}: {sentence}",
            $"Change {old} to {animals[2]}. {sentence}");
        return new Problem(question, changed);

        string Sentence(string animal) =>
            replaceFirst ? $"The {animal} {verb} the {other}." : $"The {other} {verb} the {animal}.";
    }

    private static Problem LeaveOut(SeededRandom random, int longest)
    {
        var words = random.Several(Words.Nouns, random.Between(2, longest));
        var without = random.Pick(words);
        var list = Words.List(words);
        var question = random.Pick(
            $"Copy this list without {without}: {list}", $"Leave out {without}: {list}",
            $"Remove {without} from the list {list}.");
        return new Problem(question, Answer(words.Where(word => word != without)));
    }

    private static Problem Append(SeededRandom random, int longest)
    {
        var words = random.Several(Words.Nouns, random.Between(2, longest + 1));
        var (added, list) = (words[0], Words.List(words[1..]));
        return random.OneIn(2)
            ? new Problem(
                random.Pick($"Add {added} at the end: {list}", $"Copy this list and end it with {added}: {list}"),
                Answer([.. words.Skip(1), added]))
            : new Problem(
                random.Pick($"Add {added} at the start: {list}", $"Copy this list, but begin with {added}: {list}"),
                Answer(words));
    }

    private static Problem Reverse(SeededRandom random, int longest)
    {
        var words = random.Several(Words.Nouns, random.Between(2, longest));
        var list = Words.List(words);
        var question = random.Pick(
            $"Reverse this list: {list}", $"Write the list backwards: {list}", $"Turn the order around: {list}");
        return new Problem(question, Answer(words.Reverse()));
    }

    private static Problem Double(SeededRandom random, int longest)
    {
        var words = random.Several(Words.Nouns, random.Between(1, longest));
        var list = Words.List(words);
        var question = random.Pick($"Write each word twice: {list}", $"Double every word: {list}");
        return new Problem(question, Answer(words.SelectMany(word => new[] { word, word })));
    }
}
