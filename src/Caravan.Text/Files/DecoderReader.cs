using Caravan.Text.Decoding;

namespace Caravan.Text.Files;

/// <summary>Reads the <c>decoder</c> of tokenizer.json.</summary>
internal static class DecoderReader
{
    private const int MaxDepth = 8;

    public static TokenDecoder Read(JsonReader root)
    {
        // Without a decoder tokens are words: a space goes between them.
        if (!root.TryGet("decoder", out var component))
            return new ChainDecoder([tokens => [string.Join(' ', tokens)]]);
        if (component.Require("type").AsString() == "ByteLevel")
            return new ByteLevelDecoder();
        var steps = new List<DecoderStep>();
        AddSteps(component, 0, steps);
        return new ChainDecoder(steps);
    }

    private static void AddSteps(JsonReader component, int depth, List<DecoderStep> steps)
    {
        if (depth > MaxDepth)
            throw component.Bad($"components nested more than {MaxDepth} deep");
        var type = component.Require("type").AsString();
        if (type != "Sequence")
        {
            steps.Add(ReadStep(component, type));
            return;
        }
        foreach (var item in component.Require("decoders").Items())
            AddSteps(item, depth + 1, steps);
    }

    private static DecoderStep ReadStep(JsonReader component, string type)
    {
        switch (type)
        {
            case "ByteLevel":
                return DecoderSteps.ByteLevel;
            case "ByteFallback":
                return DecoderSteps.ByteFallback;
            case "Fuse":
                return DecoderSteps.Fuse;
            case "Replace":
                var (pattern, content) = (PatternReader.Read(component), component.Require("content").AsString());
                return tokens => DecoderSteps.Replace(tokens, pattern, content);
            case "Strip":
                return ReadStrip(component);
            case "Metaspace":
                return ReadMetaspace(component);
            case "WordPiece":
                var (prefix, cleansUp) = (component.String("prefix") ?? "##", component.Bool("cleanup") ?? true);
                return tokens => DecoderSteps.WordPiece(tokens, prefix, cleansUp);
            case "BPEDecoder":
                var suffix = component.String("suffix") ?? "</w>";
                return tokens => DecoderSteps.EndSuffix(tokens, suffix);
            case "CTC":
                return ReadCtc(component);
            default:
                throw component.Bad($"the decoder \"{type}\" is not supported");
        }
    }

    private static DecoderStep ReadStrip(JsonReader component)
    {
        var content = component.String("content") ?? " ";
        if (content.Length != 1)
            throw component.Bad("the content must be one character");
        var (atStart, atEnd) = ((int)(component.Number("start") ?? 0), (int)(component.Number("stop") ?? 0));
        return tokens => DecoderSteps.Strip(tokens, content[0], atStart, atEnd);
    }

    private static DecoderStep ReadCtc(JsonReader component)
    {
        var pad = component.String("pad_token") ?? "<pad>";
        var delimiter = component.String("word_delimiter_token") ?? "|";
        var cleansUp = component.Bool("cleanup") ?? true;
        return tokens => DecoderSteps.Ctc(tokens, pad, delimiter, cleansUp);
    }

    private static DecoderStep ReadMetaspace(JsonReader component)
    {
        var replacement = component.String("replacement") ?? "\u2581";
        if (replacement.Length != 1)
            throw component.Bad("the replacement must be one character");
        var stripsFirst = component.String("prepend_scheme") is { } scheme
            ? scheme != "never"
            : component.Bool("add_prefix_space") ?? true;
        return tokens => DecoderSteps.Metaspace(tokens, replacement[0], stripsFirst);
    }
}
