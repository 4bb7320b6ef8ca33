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
        var ids = new Dictionary<string, int>(model.Pieces.Count);
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            if (!ids.TryAdd(model.Pieces[id].Text, id))
                throw files.Bad(TokenizerFiles.SentencePiece, $"the piece \"{model.Pieces[id].Text}\" occurs twice.");
        }
        var vocabulary = new Vocabulary(ids, model.Pieces.Count);
        var special = new SpecialTokens(
            config.Special.Bos ?? vocabulary.TokenOf(model.BosId),
            config.Special.Eos ?? vocabulary.TokenOf(model.EosId),
            config.Special.Pad ?? vocabulary.TokenOf(model.PadId),
            config.Special.Unknown ?? vocabulary.TokenOf(model.UnknownId));
        var added = TokenizerLoader.WithRoles(config.AddedTokens, config, special, vocabulary.Find, vocabulary.Size);
        if (config.StripAroundSpecial)
            added = [.. added.Select(token => token with { StripsLeft = token.IsSpecial, StripsRight = token.IsSpecial })];

        var bos = (config.AddBosToken ?? true) && special.Bos is { } bosToken ? IdOf(bosToken, added) : [];
        var eos = (config.AddEosToken ?? false) && special.Eos is { } eosToken ? IdOf(eosToken, added) : [];
        var parts = new TokenizerParts(
            new SentencePieceNormalizer(model, prefixEverySegment: config.Legacy),
            new SentencePieceSplitter(model),
            new SentencePieceBpeModel(model, vocabulary),
            // Tokens are matched before SentencePiece normalizes, whatever their flag says.
            [.. added.Select(token => token with { IsNormalized = false })],
            new SequenceTemplate(bos, eos),
            new SentencePieceDecoder(model.AddDummyPrefix, stripsEverySegment: config.Legacy));
        return (parts, special);
    }

    private static int[] IdOf(string token, List<AddedToken> added) => [added.First(t => t.Content == token).Id];
}
