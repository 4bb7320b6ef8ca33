using Caravan.Files;

namespace Caravan.Text.Patterns;

/// <summary>
/// A regular expression in the syntax of tokenizer files (Oniguruma's), over code points. .NET's own engine is not
/// used:
/// it sees surrogate halves instead of characters, so <c>\p{L}</c> would miss every letter outside the basic plane, and
/// its syntax differs. Matching backtracks, with a bound on the work: a pattern that needs more is refused.
/// </summary>
internal sealed class Pattern
{
    private const int MinStepLimit = 1_000_000;
    private const int StepsPerCharacter = 2_000;

    private readonly string _source;
    private readonly Instruction[] _program;

    private Pattern(string source, Instruction[] program)
    {
        _source = source;
        _program = program;
    }

    /// <exception cref="PatternSyntaxException">The pattern is wrong, or uses something that is not
    /// supported.</exception>
    public static Pattern Parse(string source) => new(source, PatternParser.Parse(source));

    /// <summary>The words and the runs of symbols of the Whitespace pre-tokenizer.</summary>
    public static Pattern WordsAndSymbols()
    {
        var symbols = CharacterSet.RustWord.Or(CharacterSet.Space).Inverted();
        Instruction Run(CharacterSet set) => new(Operation.Repeat) { Set = set, Minimum = 1, Maximum = int.MaxValue };
        return new Pattern(
            @"\w+|[^\w\s]+",
            [
                new Instruction(Operation.Fork) { Target = 1, Other = 3 },
                Run(CharacterSet.RustWord),
                new Instruction(Operation.Match),
                Run(symbols),
                new Instruction(Operation.Match),
            ]);
    }

    /// <summary>A pattern that matches exactly this text.</summary>
    public static Pattern Literal(string text) => new(
        text,
        [
            .. text.EnumerateRunes().Select(r => new Instruction(Operation.Take) { Set = CharacterSet.Of(r.Value) }),
            new Instruction(Operation.Match),
        ]);

    /// <summary>
    /// All matches from left to right that do not overlap; of an empty one only if none ends at its place.
    /// </summary>
    public PatternMatches Matches(ReadOnlySpan<char> text) => new(this, text);

    /// <summary>A matcher for one text, with a bound on the work that grows with its length.</summary>
    internal static PatternMatcher MatcherFor(ReadOnlySpan<char> text) =>
        new(text, Math.Max(MinStepLimit, (long)StepsPerCharacter * text.Length));

    internal Instruction[] Program => _program;

    internal BadInputException TooMuchWork(int length) => new(
        $"The pattern \"{_source}\" backtracks too much on a text of {length} characters. " +
        "It is not safe to use; write it without nested repetitions.");
}
