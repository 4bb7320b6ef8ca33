using Caravan.Text.Models;

namespace Caravan.Text.Files;

/// <summary>Reads the <c>model</c> of tokenizer.json.</summary>
internal static class ModelReader
{
    public static TokenModel Read(JsonReader model, bool isByteLevel)
    {
        // Files before version 0.8 of the library name no type for BPE.
        var type = model.String("type") ?? (model.TryGet("merges", out _) ? "BPE" : "nothing");
        return type switch
        {
            "BPE" => BpeReader.Read(model, isByteLevel),
            _ => throw model.Bad($"the model type \"{type}\" is not supported; expected BPE"),
        };
    }
}
