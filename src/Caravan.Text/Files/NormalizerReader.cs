using Caravan.Text.Normalization;
using Caravan.Text.SentencePiece;

namespace Caravan.Text.Files;

/// <summary>Reads the <c>normalizer</c> of tokenizer.json.</summary>
internal static class NormalizerReader
{
    private const int MaxDepth = 8;

    public static Normalizer? Read(JsonReader root) =>
        root.TryGet("normalizer", out var component) ? ReadComponent(component, 0) : null;

    private static Normalizer ReadComponent(JsonReader component, int depth)
    {
        if (depth > MaxDepth)
            throw component.Bad($"components nested more than {MaxDepth} deep");
        var type = component.Require("type").AsString();
        return type switch
        {
            "Sequence" => new NormalizerSequence(
                [.. component.Require("normalizers").Items().Select(item => ReadComponent(item, depth + 1))]),
            "NFC" => new UnicodeNormalizer(UnicodeForm.Nfc),
            "NFD" => new UnicodeNormalizer(UnicodeForm.Nfd),
            "NFKC" => new UnicodeNormalizer(UnicodeForm.Nfkc),
            "NFKD" => new UnicodeNormalizer(UnicodeForm.Nfkd),
            "Lowercase" => new LowercaseNormalizer(),
            "Strip" => new StripNormalizer(
                component.Bool("strip_left") ?? true, component.Bool("strip_right") ?? true),
            "StripAccents" => new StripAccentsNormalizer(onlyNonSpacing: false),
            "Prepend" => new PrependNormalizer(component.Require("prepend").AsString()),
            "Replace" => ReadReplace(component),
            "Nmt" => new NmtNormalizer(),
            "ByteLevel" => new ByteLevelNormalizer(),
            "Precompiled" => ReadPrecompiled(component.Require("precompiled_charsmap")),
            "BertNormalizer" => ReadBert(component),
            _ => throw component.Bad($"the normalizer \"{type}\" is not supported"),
        };
    }

    private static Normalizer ReadReplace(JsonReader component)
    {
        var content = component.Require("content").AsString();
        return component.Require("pattern").String("String") is { Length: 1 } single && content.Length == 1
            ? new ReplaceCharNormalizer(single[0], content[0])
            : new ReplaceNormalizer(PatternReader.Read(component), content);
    }

    private static PrecompiledNormalizer ReadPrecompiled(JsonReader value)
    {
        var text = value.AsString();
        var bytes = new byte[text.Length];
        var map = Convert.TryFromBase64String(text, bytes, out var length)
            ? CharacterMap.TryParse(bytes.AsSpan(0, length))
            : null;
        return new PrecompiledNormalizer(map ?? throw value.Bad("not a precompiled character map"));
    }

    private static NormalizerSequence ReadBert(JsonReader component)
    {
        var lowercase = component.Bool("lowercase") ?? true;
        var steps = new List<Normalizer>
        {
            new BertCleanNormalizer(
                component.Bool("clean_text") ?? true, component.Bool("handle_chinese_chars") ?? true),
        };
        if (component.Bool("strip_accents") ?? lowercase)
            steps.AddRange([new UnicodeNormalizer(UnicodeForm.Nfd), new StripAccentsNormalizer(onlyNonSpacing: true)]);
        if (lowercase)
            steps.Add(new LowercaseNormalizer());
        return new NormalizerSequence([.. steps]);
    }
}
