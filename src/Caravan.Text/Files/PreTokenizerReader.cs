using Caravan.Text.PreTokenization;

namespace Caravan.Text.Files;

/// <summary>Reads the <c>pre_tokenizer</c> of tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    private const int MaxDepth = 8;

    /// <param name="IsByteLevel">Whether words go to the model as bytes in the byte-level alphabet.</param>
    internal readonly record struct Result(PreTokenizer? PreTokenizer, bool IsByteLevel);

    public static Result Read(JsonReader root) =>
        root.TryGet("pre_tokenizer", out var component) ? ReadComponent(component, 0) : new Result(null, false);

    private static Result ReadComponent(JsonReader component, int depth)
    {
        if (depth > MaxDepth)
            throw component.Bad($"components nested more than {MaxDepth} deep");
        var type = component.Require("type").AsString();
        return type switch
        {
            "Sequence" => ReadSequence(component, depth),
            "ByteLevel" => new Result(ReadByteLevel(component), IsByteLevel: true),
            "Digits" => new Result(new DigitsSplitter(component.Bool("individual_digits") ?? false), false),
            "Split" => new Result(ReadSplit(component), false),
            _ => throw component.Bad($"the pre-tokenizer \"{type}\" is not supported"),
        };
    }

    private static Result ReadSequence(JsonReader component, int depth)
    {
        var steps = new List<PreTokenizer>();
        var isByteLevel = false;
        foreach (var item in component.Require("pretokenizers").Items())
        {
            if (isByteLevel)
                throw item.Bad("a pre-tokenizer behind ByteLevel is not supported: it would have to split bytes");
            var result = ReadComponent(item, depth + 1);
            isByteLevel = result.IsByteLevel;
            if (result.PreTokenizer is { } step)
                steps.Add(step);
        }
        return new Result(steps.Count == 1 ? steps[0] : new PreTokenizerSequence([.. steps]), isByteLevel);
    }

    private static Gpt2Splitter? ReadByteLevel(JsonReader component)
    {
        if (component.Bool("add_prefix_space") ?? false)
            throw component.Bad("add_prefix_space = true is not supported");
        return component.Bool("use_regex") ?? true ? new Gpt2Splitter() : null;
    }

    private static WordSplitter ReadSplit(JsonReader component)
    {
        var pattern = component.Require("pattern").String("Regex");
        return pattern is null || TiktokenSplitter.ForPattern(pattern) is not { } splitter
            ? throw component.Bad($"the pattern \"{pattern}\" is not supported")
            : splitter;
    }
}
