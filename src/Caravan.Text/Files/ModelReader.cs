using System.Text;
using System.Text.Json;
using Caravan.Text.Models;

namespace Caravan.Text.Files;

/// <summary>Reads the <c>model</c> of tokenizer.json.</summary>
internal static class ModelReader
{
    private const int MaxPieces = 4_000_000;

    public static TokenModel Read(JsonReader model, TokenizerJson json, bool isByteLevel)
    {
        // Older files leave the type out; the keys tell.
        var type = model.String("type")
            ?? (model.TryGet("merges", out _) ? "BPE" : model.TryGet("unk_id", out _) ? "Unigram" : "WordPiece");
        if (isByteLevel && type != "BPE")
            throw model.Bad($"a ByteLevel pre-tokenizer before the model type \"{type}\" is not supported");
        return type switch
        {
            "BPE" => BpeReader.Read(model, json, isByteLevel),
            "Unigram" => ReadUnigram(model),
            "WordPiece" => ReadWordPiece(model, json),
            "WordLevel" => ReadWordLevel(model, json),
            _ => throw model.Bad(
                $"the model type \"{type}\" is not supported; expected BPE, Unigram, WordPiece or WordLevel"),
        };
    }

    private static UnigramModel ReadUnigram(JsonReader model)
    {
        var list = model.Require("vocab");
        if (list.Element!.Value.ValueKind != JsonValueKind.Array || list.Element.Value.GetArrayLength() > MaxPieces)
            throw list.Bad($"expected a list of at most {MaxPieces} pieces with their scores");
        var table = new TokenTable();
        var pieces = new List<UnigramPiece>();
        foreach (var item in list.Items())
        {
            var pair = item.Items().ToList();
            if (pair.Count != 2 || pair[1].Element is not { ValueKind: JsonValueKind.Number } score)
                throw item.Bad("expected a piece and its score");
            var text = pair[0].AsString();
            table.Set(Encoding.UTF8.GetBytes(text), pieces.Count);
            pieces.Add(new UnigramPiece(text, score.GetDouble()));
        }
        int? unknownId = model.TryGet("unk_id", out var unknown) ? unknown.TokenId() : null;
        if (pieces.Count == 0 || unknownId >= pieces.Count)
            throw model.Bad($"{pieces.Count} pieces, of which number {unknownId} should be the unknown one");
        return new UnigramModel(
            table.ToVocabulary(), [.. pieces], unknownId, model.Bool("byte_fallback") ?? false);
    }

    private static WordPieceModel ReadWordPiece(JsonReader model, TokenizerJson json)
    {
        var vocabulary = RequireVocabulary(model, json);
        var unknown = model.String("unk_token") ?? "[UNK]";
        return new WordPieceModel(
            vocabulary,
            vocabulary.Find(unknown) ?? throw model.Bad($"the unknown token \"{unknown}\" is not in the vocabulary"),
            model.String("continuing_subword_prefix") ?? "##",
            (int)Math.Clamp(model.Number("max_input_chars_per_word") ?? 100, 1, 10_000));
    }

    private static WordLevelModel ReadWordLevel(JsonReader model, TokenizerJson json)
    {
        var vocabulary = RequireVocabulary(model, json);
        var unknown = model.String("unk_token");
        return new WordLevelModel(vocabulary, unknown is null ? null : vocabulary.Find(unknown));
    }

    private static Vocabulary RequireVocabulary(JsonReader model, TokenizerJson json) =>
        json.Vocabulary ?? throw model.Bad("the key \"vocab\" is missing, or is no object of tokens and ids");
}
