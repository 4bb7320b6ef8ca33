using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>Words letter by letter: small, in capitals, or with their count.</summary>
public sealed class Spelling : ITaskKind
{
    public string Name => "spelling";

    public int Weight => 3;

    public Problem Draw(SeededRandom random, Level level)
    {
        var word = random.Pick(Words.Spelled);
        return random.NextInt(3) switch
        {
            0 => new Problem(
                random.Pick(
                    $"Spell \"{word}\".", $"How do you spell \"{word}\"?", $"Spell the word \"{word}\".",
                    $"Spell \"{word}\" letter by letter."),
                Letters(word)),
            1 => new Problem(
                random.Pick(
                    $"Spell \"{word}\" in capital letters.", $"Spell \"{word}\" in capitals.",
                    $"Spell the word \"{word}\" in capitals.", $"How do you spell \"{word}\" in capitals?"),
                Letters(word.ToUpperInvariant())),
            _ => new Problem(
                random.Pick(
                    $"How many letters has \"{word}\"?", $"Spell \"{word}\" and count its letters.",
                    $"Spell the word \"{word}\" and count its letters.", $"Count the letters of \"{word}\"."),
                $"{Letters(word)}: {word.Length}"),
        };
    }

    private static string Letters(string word) => string.Join(' ', word.ToCharArray());
}
