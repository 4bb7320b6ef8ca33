using Caravan.Data;

namespace Caravan.Samples.Kinds;

/// <summary>
/// Real and invented words, letter by letter. The invented ones, built from syllables, give the model every
/// combination of letters to learn from, so that it can spell words that it never spelled before.
/// </summary>
public sealed class Spelling : ITaskKind
{
    private static readonly string[] Onsets =
    [
        "b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br", "ch", "cl", "dr",
        "fl", "gr", "pl", "sh", "st", "th", "tr",
    ];

    private static readonly string[] Vowels = ["a", "e", "i", "o", "u", "ee", "oo", "ai", "ou", "ea"];

    private static readonly string[] Codas =
        ["", "", "n", "r", "l", "t", "s", "m", "ck", "ng", "rd", "st", "x", "p", "d", "ll"];

    public string Name => "spelling";

    public int Weight => 3;

    public Problem Draw(SeededRandom random, Level level)
    {
        var word = level != Level.Short && random.OneIn(3)
            ? random.Pick(Words.Nouns)
            : Invented(random, level == Level.Short ? 1 : random.Between(1, 2));
        return random.NextInt(3) switch
        {
            0 => new Problem(
                word,
                random.Pick($"Spell \"{word}\".", $"How do you spell \"{word}\"?", $"Spell the word \"{word}\"."),
                Letters(word)),
            1 => new Problem(
                word,
                random.Pick($"Spell \"{word}\" in capital letters.", $"Spell \"{word}\" in capitals."),
                Letters(word.ToUpperInvariant())),
            _ => new Problem(
                word,
                random.Pick(
                    $"How many letters has \"{word}\"?", $"Spell \"{word}\" and count its letters.",
                    $"Count the letters of \"{word}\"."),
                $"{Letters(word)}: {word.Length}"),
        };
    }

    private static string Letters(string word) => string.Join(' ', word.ToCharArray());

    private static string Invented(SeededRandom random, int syllables)
    {
        var word = "";
        for (; syllables > 0; syllables--)
            word += random.Pick(Onsets) + random.Pick(Vowels) + random.Pick(Codas);
        return word;
    }
}
