namespace Caravan.Samples;

/// <summary>The words that the tasks are made of: common English words and first names, grouped by what they mean.</summary>
public static class Words
{
    public static readonly string[] Names =
    [
        "Mia", "Tom", "Anna", "Ben", "Lea", "Max", "Nora", "Paul", "Emma", "Finn", "Ida", "Leo", "Ruth", "Sam", "Vera",
        "Jack", "Clara", "Hugo", "Rosa", "Emil", "Alice", "Oscar", "Julia", "David", "Laura", "Peter", "Maria", "Simon",
        "Sara", "Felix", "Helen", "Omar", "Amir", "Yuki", "Priya", "Diego", "Zoe", "Ivan", "Lucy", "Noah",
    ];

    public static readonly string[] Cities =
    [
        "Rome", "Paris", "London", "Berlin", "Madrid", "Oslo", "Vienna", "Lisbon", "Cairo", "Tokyo", "Lima", "Delhi",
        "Quito", "Dublin", "Prague", "Athens",
    ];

    public static readonly string[] Animals =
    [
        "cat", "dog", "horse", "cow", "sheep", "goat", "pig", "duck", "hen", "goose", "rabbit", "mouse", "fox", "wolf",
        "bear", "lion", "tiger", "zebra", "camel", "monkey", "owl", "eagle", "crow", "swan", "frog", "snake", "turtle",
        "whale", "shark", "otter", "beaver", "deer", "bee", "ant", "spider",
    ];

    public static readonly string[] Foods =
    [
        "apple", "pear", "plum", "cherry", "peach", "lemon", "melon", "grape", "banana", "carrot", "potato", "tomato",
        "onion", "bean", "corn", "rice", "bread", "butter", "cheese", "honey", "egg", "milk", "soup", "salad", "cake",
        "pie", "sugar", "salt", "pepper",
    ];

    public static readonly string[] Colours =
    [
        "red", "blue", "green", "yellow", "black", "white", "brown", "pink", "grey", "purple", "violet", "silver",
    ];

    public static readonly string[] Clothes =
    [
        "hat", "coat", "shirt", "sock", "shoe", "boot", "glove", "scarf", "belt", "jacket", "skirt", "dress", "cap",
        "apron",
    ];

    public static readonly string[] Tools =
    [
        "hammer", "saw", "drill", "axe", "shovel", "rake", "broom", "ladder", "needle", "wrench", "brush", "spade",
    ];

    public static readonly string[] Vehicles =
    [
        "car", "bus", "train", "plane", "boat", "ship", "truck", "bicycle", "tram", "ferry", "rocket", "taxi", "canoe",
        "wagon", "sled",
    ];

    public static readonly string[] Instruments =
    [
        "drum", "flute", "violin", "piano", "guitar", "trumpet", "harp", "cello", "banjo", "organ",
    ];

    public static readonly string[] Things =
    [
        "book", "kite", "ball", "pen", "cup", "bag", "key", "clock", "basket", "bottle", "candle", "camera", "coin",
        "ring", "letter", "map", "pencil", "ticket", "phone", "spoon", "fork", "plate", "knife", "lamp", "mirror",
    ];

    public static readonly string[] Places =
    [
        "garden", "kitchen", "attic", "cellar", "park", "school", "library", "market", "station", "forest", "hotel",
        "museum", "bakery", "office", "castle", "harbour",
    ];

    public static readonly string[] Numbers =
    [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];

    public static readonly string[] Ordinals = ["first", "second", "third", "fourth", "fifth"];

    public static readonly string[] Months =
    [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ];

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

    /// <summary>What a person can carry along.</summary>
    public static readonly string[] Belongings = [.. Things, .. Clothes, .. Instruments];

    /// <summary>The noun with "a" or "an".</summary>
    public static string WithArticle(string noun) => ("aeiou".Contains(noun[0]) ? "an " : "a ") + noun;

    /// <summary>The items with a comma and a space between them.</summary>
    public static string List<T>(IEnumerable<T> items) => string.Join(", ", items);
}
