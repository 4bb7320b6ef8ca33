namespace Caravan.Samples;

/// <summary>The words that the tasks are made of: English words and first names, by meaning.</summary>
public static class Words
{
    public static readonly string[] Names = ["Mia", "Tom", "Anna", "Ben", "Lea", "Max", "Nora", "Paul"];

    public static readonly string[] Cities = ["Rome", "Paris", "London", "Berlin", "Madrid", "Oslo"];

    public static readonly string[] Animals = ["cat", "dog", "horse", "cow", "sheep", "goat", "pig", "duck"];

    public static readonly string[] Foods = ["apple", "pear", "plum", "cherry", "peach", "lemon", "melon", "grape"];

    public static readonly string[] Colours = ["red", "blue", "green", "yellow"];

    public static readonly string[] Clothes = ["hat", "coat", "shirt", "sock", "shoe", "boot"];

    public static readonly string[] Tools = ["hammer", "saw", "drill", "axe"];

    public static readonly string[] Vehicles = ["car", "bus", "train", "plane", "boat"];

    public static readonly string[] Instruments = ["drum", "flute", "violin", "piano"];

    public static readonly string[] Things = ["book", "kite", "ball", "pen", "cup", "bag"];

    public static readonly string[] Places = ["garden", "kitchen", "attic", "cellar", "park", "school"];

    /// <summary>States that exclude each other.</summary>
    public static readonly (string State, string Opposite)[] Opposites =
        [("big", "small"), ("new", "old"), ("clean", "dirty"), ("full", "empty"), ("heavy", "light")];

    /// <summary>The groups of which it can be asked whether a word belongs to them.</summary>
    public static readonly IReadOnlyList<(string Article, string Name, string[] Members)> Groups =
    [
        ("an", "animal", Animals), ("a", "food", Foods), ("a", "colour", Colours), ("a", "piece of clothing", Clothes),
        ("a", "tool", Tools), ("a", "vehicle", Vehicles), ("an", "instrument", Instruments),
    ];

    /// <summary>Everything that has a plain lower-case name.</summary>
    public static readonly string[] Nouns =
    [
        .. Animals, .. Foods, .. Clothes, .. Tools, .. Vehicles, .. Instruments, .. Things, .. Places,
    ];

    /// <summary>The words to spell. Few, so that most wordings of each are in training.</summary>
    public static readonly string[] Spelled = [.. Animals, .. Foods];

    /// <summary>What a person can carry along.</summary>
    public static readonly string[] Belongings = [.. Things, .. Clothes, .. Instruments];

    /// <summary>The noun with "a" or "an".</summary>
    public static string WithArticle(string noun) => ("aeiou".Contains(noun[0]) ? "an " : "a ") + noun;

    /// <summary>The items with a comma and a space between them.</summary>
    public static string List<T>(IEnumerable<T> items) => string.Join(", ", items);
}
