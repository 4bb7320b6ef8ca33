using Caravan.Text.Decoding;

namespace Caravan.Text.Files;

/// <summary>Reads the <c>decoder</c> of tokenizer.json.</summary>
internal static class DecoderReader
{
    public static TokenDecoder Read(JsonReader root)
    {
        var component = root.Require("decoder");
        var type = component.Require("type").AsString();
        return type switch
        {
            "ByteLevel" => new ByteLevelDecoder(),
            _ => throw component.Bad($"the decoder \"{type}\" is not supported"),
        };
    }
}
