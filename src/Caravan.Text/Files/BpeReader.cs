using System.Text.Json;
using Caravan.Text.Models;

namespace Caravan.Text.Files;

/// <summary>Reads vocabularies and merges of byte-pair encodings.</summary>
internal static class BpeReader
{
    private const int MaxMerges = 8_000_000;

    public static TokenModel Read(JsonReader model, bool isByteLevel)
    {
        var vocabulary = ReadVocabulary(model.Require("vocab"));
        var prefix = model.String("continuing_subword_prefix") ?? "";
        var suffix = model.String("end_of_word_suffix") ?? "";
        var merges = ReadMerges(model.Require("merges"), vocabulary, prefix.Length);
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

    /// <summary>An object of token → id.</summary>
    public static Vocabulary ReadVocabulary(JsonReader vocabulary)
    {
        var ids = new Dictionary<string, int>(vocabulary.Element!.Value.ValueKind == JsonValueKind.Object
            ? vocabulary.Element.Value.GetPropertyCount()
            : 0);
        var size = 0;
        foreach (var (token, value) in vocabulary.Properties())
        {
            var id = value.TokenId();
            ids[token] = id;
            size = Math.Max(size, id + 1);
        }
        if (size == 0)
            throw vocabulary.Bad("the vocabulary is empty");
        return new Vocabulary(ids, size);
    }

    /// <summary>A list of "left right" strings or of pairs; the order is the rank.</summary>
    private static MergeTable ReadMerges(JsonReader merges, Vocabulary vocabulary, int prefixLength)
    {
        var element = merges.Element!.Value;
        if (element.ValueKind != JsonValueKind.Array)
            throw merges.Bad("expected a list of merges");
        var count = element.GetArrayLength();
        if (count > MaxMerges)
            throw merges.Bad($"{count} merges are more than the {MaxMerges} that are accepted");
        var builder = new MergeTableBuilder(vocabulary, count, prefixLength);
        foreach (var merge in element.EnumerateArray())
        {
            var problem = merge.ValueKind switch
            {
                JsonValueKind.String => builder.Add(merge.GetString()),
                JsonValueKind.Array when merge.GetArrayLength() == 2
                    && merge[0].ValueKind == JsonValueKind.String && merge[1].ValueKind == JsonValueKind.String =>
                    builder.Add(merge[0].GetString(), merge[1].GetString()),
                _ => "expected a string \"left right\" or a pair of strings",
            };
            if (problem is not null)
                throw merges.Bad($"merge {builder.Count}: {problem}");
        }
        return builder.Table;
    }
}
