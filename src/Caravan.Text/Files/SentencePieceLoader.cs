using Caravan.Text.AddedTokens;
using Caravan.Text.Models;
using Caravan.Text.Pipeline;
using Caravan.Text.SentencePiece;

namespace Caravan.Text.Files;

/// <summary>Reads <c>tokenizer.model</c>, with the behaviour of transformers' LlamaTokenizer around it.</summary>
internal static class SentencePieceLoader
{
    public static (TokenizerParts Parts, SpecialTokens Special) Load(TokenizerFiles files, TokenizerConfig config)
    {
        var path = files.PathOf(TokenizerFiles.SentencePiece);
        var model = SentencePieceModel.Parse(files.Bytes(TokenizerFiles.SentencePiece), path);
        var table = new TokenTable();
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            if (!table.Set(model.Pieces[id].Utf8.Span, id))
                throw files.Bad(TokenizerFiles.SentencePiece, $"the piece \"{model.Pieces[id].Text}\" occurs twice.");
        }
        var vocabulary = table.ToVocabulary();
        var special = new SpecialTokens(
            config.Special.Bos ?? vocabulary.TokenOf(model.BosId),
            config.Special.Eos ?? vocabulary.TokenOf(model.EosId),
            config.Special.Pad ?? vocabulary.TokenOf(model.PadId),
            config.Special.Unknown ?? vocabulary.TokenOf(model.UnknownId));
        var added = TokenizerLoader.WithRoles(config.AddedTokens, config, special, vocabulary.Find, vocabulary.Size);
        if (config.StripAroundSpecial)
            added = [.. added.Select(token =>
                token with { StripsLeft = token.IsSpecial, StripsRight = token.IsSpecial })];

        var bos = (config.AddBosToken ?? true) && special.Bos is { } bosToken ? IdOf(bosToken, added) : [];
        var eos = (config.AddEosToken ?? false) && special.Eos is { } eosToken ? IdOf(eosToken, added) : [];
        var isBpe = model.ModelType == SentencePieceModel.Bpe;
        var parts = new TokenizerParts(
            new SentencePieceNormalizer(model, prefixesEverySegment: config.Legacy, ReadRules(files, model)),
            isBpe ? new SentencePieceSplitter(model) : null,
            isBpe ? ReadBpe(files, model, vocabulary) : ReadUnigram(model, vocabulary),
            // Tokens are matched before SentencePiece normalizes, whatever their flag says.
            [.. added.Select(token => token with { IsNormalized = false })],
            new SequenceTemplate(bos, eos),
            new SentencePieceDecoder(model, stripsEverySegment: config.Legacy));
        return (parts, special);
    }

    private static CharacterMap? ReadRules(TokenizerFiles files, SentencePieceModel model) =>
        model.CharacterMap.Length == 0
            ? null
            : CharacterMap.TryParse(model.CharacterMap)
                ?? throw files.Bad(TokenizerFiles.SentencePiece,
                    "the normalization rules are damaged; fetch the file again.");

    private static SentencePieceBpeModel ReadBpe(TokenizerFiles files, SentencePieceModel model,
        Vocabulary vocabulary) =>
        model.Pieces.Exists(piece => piece.Type == SentencePieceType.Unused)
            ? throw files.Bad(TokenizerFiles.SentencePiece, "a BPE model with unused pieces is not supported.")
            : new SentencePieceBpeModel(model, vocabulary);

    private static UnigramModel ReadUnigram(SentencePieceModel model, Vocabulary vocabulary) => new(
        vocabulary,
        [
            .. model.Pieces.Select(piece => new UnigramPiece(
                piece.Text,
                piece.Score,
                piece.Type == SentencePieceType.UserDefined,
                piece.Type is SentencePieceType.Normal or SentencePieceType.UserDefined)),
        ],
        model.UnknownId,
        model.ByteFallback);

    private static int[] IdOf(string token, List<AddedToken> added) => [added.First(t => t.Content == token).Id];
}
