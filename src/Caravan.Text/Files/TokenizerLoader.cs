using Caravan.Text.AddedTokens;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Files;

/// <summary>Builds a tokenizer from its files.</summary>
internal static class TokenizerLoader
{
    /// <summary>
    /// Names that can only be an end or a beginning of sequence, for folders without a tokenizer_config.json.
    /// </summary>
    private static readonly string[] UsualEos = ["</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>"];

    private static readonly string[] UsualBos = ["<s>", "<|begin_of_text|>", "<bos>"];

    public static Tokenizer Load(TokenizerFiles files)
    {
        var config = TokenizerConfig.Read(files);
        // transformers prefers tokenizer.json, too.
        var (parts, special) = files.Has(TokenizerFiles.TokenizerJson)
            ? TokenizerJsonLoader.Load(files, config)
            : files.Has(TokenizerFiles.SentencePiece)
                ? SentencePieceLoader.Load(files, config)
                : VocabularyAndMergesLoader.Load(files, config);
        return new Tokenizer(files, parts, special, config);
    }

    /// <summary>
    /// The roles that the files give, or where they give none, those of tokens with an unmistakable name.
    /// </summary>
    public static SpecialTokens WithUsualNames(SpecialTokens special, Func<string, bool> exists) => special with
    {
        Eos = special.Eos ?? UsualEos.FirstOrDefault(exists),
        Bos = special.Bos ?? UsualBos.FirstOrDefault(exists),
    };

    /// <summary>
    /// The added tokens, plus every token with a role as a special one; a token that is new gets the next free id.
    /// </summary>
    public static List<AddedToken> WithRoles(
        IEnumerable<AddedToken> added,
        TokenizerConfig config,
        SpecialTokens special,
        Func<string, int?> idInModel,
        int modelSize)
    {
        var tokens = added.ToList();
        string?[] roles = [special.Bos, special.Eos, special.Unknown, special.Pad, .. config.AdditionalSpecialTokens];
        foreach (var role in roles.OfType<string>().Distinct())
        {
            var known = tokens.FindIndex(token => token.Content == role);
            if (known >= 0)
            {
                tokens[known] = tokens[known] with { IsSpecial = true };
                continue;
            }
            var next = Math.Max(modelSize, tokens.Select(token => token.Id + 1).DefaultIfEmpty().Max());
            tokens.Add(new AddedToken(idInModel(role) ?? next, role, IsSpecial: true));
        }
        return tokens;
    }
}
