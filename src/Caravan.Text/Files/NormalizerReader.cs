using Caravan.Text.Normalization;

namespace Caravan.Text.Files;

/// <summary>Reads the <c>normalizer</c> of tokenizer.json.</summary>
internal static class NormalizerReader
{
    public static Normalizer? Read(JsonReader root)
    {
        if (!root.TryGet("normalizer", out var component))
            return null;
        var type = component.Require("type").AsString();
        return type switch
        {
            "NFC" => new UnicodeNormalizer(),
            _ => throw component.Bad($"the normalizer \"{type}\" is not supported"),
        };
    }
}
