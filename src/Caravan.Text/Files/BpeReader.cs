using Caravan.Text.Models;

namespace Caravan.Text.Files;

/// <summary>Reads the byte-pair encodings of tokenizer.json.</summary>
internal static class BpeReader
{
    /// <param name="model">What the file says apart from vocabulary and merges.</param>
    public static TokenModel Read(JsonReader model, TokenizerJson json, bool isByteLevel)
    {
        if (model.Number("dropout") is > 0)
            throw model.Bad("dropout would make the ids of a text a matter of chance; set it to null");
        var vocabulary = json.Vocabulary ?? throw model.Bad("the key \"vocab\" is missing, or is no object");
        var prefix = model.String("continuing_subword_prefix") ?? "";
        var suffix = model.String("end_of_word_suffix") ?? "";
        if (json.Merges is not { } list)
            throw model.Bad("the key \"merges\" is missing, or is no list");
        var merges = list.Read(vocabulary, System.Text.Encoding.UTF8.GetByteCount(prefix));
        var unknown = model.String("unk_token");
        var unknownId = unknown is null ? null : vocabulary.Find(unknown);
        var ignoreMerges = model.Bool("ignore_merges") ?? false;
        if (isByteLevel && prefix.Length + suffix.Length == 0)
            return new ByteLevelBpeModel(vocabulary, merges, unknownId, ignoreMerges);
        if (isByteLevel)
            throw model.Bad("byte-level BPE with a subword prefix or suffix is not supported");
        var options = new CharacterBpeOptions(
            unknownId,
            model.Bool("fuse_unk") ?? false,
            model.Bool("byte_fallback") ?? false,
            prefix,
            suffix,
            ignoreMerges);
        return new CharacterBpeModel(vocabulary, merges, options);
    }
}
