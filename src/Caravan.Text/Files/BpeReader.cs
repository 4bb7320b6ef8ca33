using System.Text.Json;
using Caravan.Text.Models;

namespace Caravan.Text.Files;

/// <summary>Reads vocabularies and merges of byte-pair encodings.</summary>
internal static class BpeReader
{
    private const int MaxMerges = 8_000_000;

    public static TokenModel Read(JsonReader model, bool isByteLevel)
    {
        foreach (var key in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.String(key) is { Length: > 0 } value)
                throw model.Bad($"the BPE option {key} = \"{value}\" is not supported");
        }
        var vocabulary = ReadVocabulary(model.Require("vocab"));
        var merges = ReadMerges(model.Require("merges"), vocabulary);
        var unknown = model.String("unk_token");
        var unknownId = unknown is null ? null : vocabulary.Find(unknown);
        if (!isByteLevel)
            throw model.Bad("a BPE model without a ByteLevel pre-tokenizer is not supported");
        return new ByteLevelBpeModel(vocabulary, merges, unknownId, model.Bool("ignore_merges") ?? false);
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
    private static MergeTable ReadMerges(JsonReader merges, Vocabulary vocabulary)
    {
        var element = merges.Element!.Value;
        if (element.ValueKind != JsonValueKind.Array)
            throw merges.Bad("expected a list of merges");
        var count = element.GetArrayLength();
        if (count > MaxMerges)
            throw merges.Bad($"{count} merges are more than the {MaxMerges} that are accepted");
        var builder = new MergeTableBuilder(vocabulary, count);
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
