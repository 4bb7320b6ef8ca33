using Caravan.Text.AddedTokens;
using Caravan.Text.Models;
using Caravan.Text.Pipeline;
using Caravan.Text.PreTokenization;

namespace Caravan.Text.Files;

/// <summary>
/// Reads <c>tokenizer.json</c>, the format of Hugging Face's tokenizers library. A component that is not known is an
/// error: to leave it out would give other ids than the model was trained with.
/// </summary>
internal static class TokenizerJsonLoader
{
    public static (TokenizerParts Parts, SpecialTokens Special) Load(TokenizerFiles files, TokenizerConfig config)
    {
        using var json = new TokenizerJson(files);
        var root = new JsonReader(files, TokenizerFiles.TokenizerJson, json.Root);
        var preTokenizer = PreTokenizerReader.Read(root);
        var model = ModelReader.Read(root.Require("model"), json, preTokenizer.IsByteLevel);

        var added = new List<AddedToken>();
        if (root.TryGet("added_tokens", out var list))
            added.AddRange(list.Items().Select(item => item.AddedToken(item.Require("id").TokenId())));
        var inFile = added.Select(token => token.Id).ToHashSet();
        added.AddRange(config.AddedTokens.Where(token => !inFile.Contains(token.Id)));

        var unknown = root.Require("model").String("unk_token");
        var special = TokenizerLoader.WithUsualNames(
            config.Special with { Unknown = config.Special.Unknown ?? unknown },
            name => added.Any(token => token.Content == name && token.IsSpecial));
        added = TokenizerLoader.WithRoles(added, config, special, model.TryGetId, model.VocabularySize);

        int? Find(string token) => added.Find(t => t.Content == token)?.Id ?? model.TryGetId(token);
        var template = TemplateReader.Read(root);
        if (ConfigDecidesTemplate(config))
            template = FromConfig(config, special, Find);
        var parts = new TokenizerParts(
            NormalizerReader.Read(root),
            preTokenizer.PreTokenizer ?? WithoutWords(model),
            model,
            added,
            template,
            DecoderReader.Read(root));
        return (parts, special);
    }

    private static MergeBoundarySplitter? WithoutWords(TokenModel model) =>
        model is CharacterBpeModel characters && characters.Boundaries() is { } boundaries
            ? new MergeBoundarySplitter(boundaries)
            : null;

    /// <summary>transformers' LLaMA, Code Llama and Gemma classes set the template anew from these two keys.</summary>
    private static bool ConfigDecidesTemplate(TokenizerConfig config) =>
        (config.AddBosToken ?? config.AddEosToken) is not null
        && config.TokenizerClass is { } name
        && (name.StartsWith("Llama", StringComparison.Ordinal)
            || name.StartsWith("CodeLlama", StringComparison.Ordinal)
            || name.StartsWith("Gemma", StringComparison.Ordinal));

    private static SequenceTemplate FromConfig(TokenizerConfig config, SpecialTokens special, Func<string, int?> find)
    {
        int[] IdsOf(bool adds, string? token) => adds && token is not null && find(token) is { } id ? [id] : [];
        return new SequenceTemplate(
            IdsOf(config.AddBosToken ?? true, special.Bos), IdsOf(config.AddEosToken ?? false, special.Eos));
    }
}
