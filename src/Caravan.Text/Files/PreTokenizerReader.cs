using System.Text;
using Caravan.Text.Patterns;
using Caravan.Text.PreTokenization;

namespace Caravan.Text.Files;

/// <summary>Reads the <c>pre_tokenizer</c> of tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    private const int MaxDepth = 8;

    /// <summary>A pre-tokenizer, and whether words go on to the model as bytes in the byte-level alphabet.</summary>
    internal readonly record struct Result(PreTokenizer? PreTokenizer, bool IsByteLevel);

    public static Result Read(JsonReader root)
    {
        if (!root.TryGet("pre_tokenizer", out var component))
            return new Result(null, false);
        var steps = new List<PreTokenizer>();
        var isByteLevel = false;
        AddSteps(component, 0, steps, ref isByteLevel);
        return new Result(
            steps.Count switch { 0 => null, 1 => steps[0], _ => new PreTokenizerSequence([.. steps]) }, isByteLevel);
    }

    private static void AddSteps(JsonReader component, int depth, List<PreTokenizer> steps, ref bool isByteLevel)
    {
        if (depth > MaxDepth)
            throw component.Bad($"components nested more than {MaxDepth} deep");
        var type = component.Require("type").AsString();
        if (isByteLevel && type != "Sequence")
        {
            // What follows divides the bytes as the alphabet writes them, so they cannot be left to the model.
            steps.Add(new ByteLevelPreTokenizer());
            isByteLevel = false;
        }
        switch (type)
        {
            case "Sequence":
                foreach (var item in component.Require("pretokenizers").Items())
                    AddSteps(item, depth + 1, steps, ref isByteLevel);
                break;
            case "ByteLevel":
                if (component.Bool("add_prefix_space") ?? true)
                    steps.Add(new PrependPreTokenizer(' ', PrependScheme.Always));
                if (component.Bool("use_regex") ?? true)
                    steps.Add(new Gpt2Splitter());
                isByteLevel = true;
                break;
            case "Metaspace":
                AddMetaspace(component, steps);
                break;
            case "BertPreTokenizer":
                steps.Add(new RuneSplitter(Rune.IsWhiteSpace, SplitBehavior.Removed));
                steps.Add(new RuneSplitter(RuneSplitter.IsPunctuation, SplitBehavior.Isolated));
                break;
            default:
                steps.Add(ReadSplitter(component, type));
                break;
        }
    }

    private static WordSplitter ReadSplitter(JsonReader component, string type)
    {
        switch (type)
        {
            case "Digits":
                return new DigitsSplitter(component.Bool("individual_digits") ?? false);
            case "Split":
                return ReadSplit(component);
            case "Whitespace":
                return new PatternSplitter(Pattern.WordsAndSymbols(), SplitBehavior.Removed, invert: true);
            case "WhitespaceSplit":
                return new RuneSplitter(Rune.IsWhiteSpace, SplitBehavior.Removed);
            case "Punctuation":
                return new RuneSplitter(RuneSplitter.IsPunctuation, ReadBehavior(component) ?? SplitBehavior.Isolated);
            case "CharDelimiterSplit":
                var text = component.Require("delimiter").AsString();
                return Rune.TryGetRuneAt(text, 0, out var delimiter) && delimiter.Utf16SequenceLength == text.Length
                    ? new RuneSplitter(rune => rune == delimiter, SplitBehavior.Removed)
                    : throw component.Bad("the delimiter must be one character");
            default:
                throw component.Bad($"the pre-tokenizer \"{type}\" is not supported");
        }
    }

    private static WordSplitter ReadSplit(JsonReader component)
    {
        var behavior = ReadBehavior(component) ?? throw component.Bad("the key \"behavior\" is missing");
        var invert = component.Bool("invert") ?? false;
        // Patterns that match every character: no gaps, so isolating the matches and removing the gaps are the same.
        var keepsMatches = invert ? behavior == SplitBehavior.Removed : behavior == SplitBehavior.Isolated;
        if (keepsMatches && component.Require("pattern").String("Regex") is { } pattern)
        {
            if (pattern == Gpt2Splitter.Pattern)
                return new Gpt2Splitter();
            if (TiktokenSplitter.ForPattern(pattern) is { } splitter)
                return splitter;
        }
        return new PatternSplitter(PatternReader.Read(component), behavior, invert);
    }

    /// <summary>Files write <c>MergedWithPrevious</c> or <c>merged_with_previous</c>.</summary>
    private static SplitBehavior? ReadBehavior(JsonReader component)
    {
        if (component.String("behavior") is not { } name)
            return null;
        return Enum.TryParse<SplitBehavior>(name.Replace("_", ""), ignoreCase: true, out var behavior)
            && Enum.IsDefined(behavior)
                ? behavior
                : throw component.Bad($"the behavior \"{name}\" is not known");
    }

    private static void AddMetaspace(JsonReader component, List<PreTokenizer> steps)
    {
        var replacement = component.String("replacement") ?? "\u2581";
        if (replacement.Length != 1)
            throw component.Bad("the replacement must be one character");
        var scheme = component.String("prepend_scheme") switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            null => component.Bool("add_prefix_space") ?? true ? PrependScheme.Always : PrependScheme.Never,
            var other => throw component.Bad($"the prepend_scheme \"{other}\" is not known"),
        };
        steps.Add(new ReplaceSpacePreTokenizer(replacement[0]));
        if (scheme != PrependScheme.Never)
            steps.Add(new PrependPreTokenizer(replacement[0], scheme));
        if (component.Bool("split") ?? true)
            steps.Add(new RuneSplitter(rune => rune.Value == replacement[0], SplitBehavior.MergedWithNext));
    }
}
