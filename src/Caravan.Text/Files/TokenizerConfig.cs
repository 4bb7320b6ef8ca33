using System.Text.Json;
using Caravan.Text.AddedTokens;
using Caravan.Text.Pipeline;

namespace Caravan.Text.Files;

/// <summary>
/// What <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, <c>added_tokens.json</c> and
/// <c>chat_template.jinja</c> say. Keys that are missing are null.
/// </summary>
internal sealed record TokenizerConfig
{
    public string? TokenizerClass { get; init; }

    public bool? AddBosToken { get; init; }

    public bool? AddEosToken { get; init; }

    public bool? AddPrefixSpace { get; init; }

    /// <summary>
    /// Whether a SentencePiece tokenizer adds its dummy prefix behind special tokens, too. True if not said.
    /// </summary>
    public bool Legacy { get; init; } = true;

    /// <summary>
    /// Whether whitespace on both sides of a special token vanishes, as transformers before 4.34 had it for LLaMA.
    /// </summary>
    public bool StripAroundSpecial { get; init; }

    public int? ModelMaxLength { get; init; }

    public string? ChatTemplate { get; init; }

    public SpecialTokens Special { get; init; } = new(null, null, null, null);

    public IReadOnlyList<string> AdditionalSpecialTokens { get; init; } = [];

    /// <summary>Tokens of <c>added_tokens_decoder</c> and <c>added_tokens.json</c>.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public static TokenizerConfig Read(TokenizerFiles files)
    {
        using var config = files.Json(TokenizerFiles.Config);
        using var map = files.Json(TokenizerFiles.SpecialTokensMap);
        using var added = files.Json(TokenizerFiles.AddedTokens);
        var root = new JsonReader(files, TokenizerFiles.Config, config?.RootElement);
        var roles = new JsonReader(files, TokenizerFiles.SpecialTokensMap, map?.RootElement);
        return new TokenizerConfig
        {
            TokenizerClass = root.String("tokenizer_class"),
            AddBosToken = root.Bool("add_bos_token"),
            AddEosToken = root.Bool("add_eos_token"),
            AddPrefixSpace = root.Bool("add_prefix_space"),
            Legacy = root.Bool("legacy") ?? true,
            StripAroundSpecial = root.Bool("strip_around_special") ?? false,
            ModelMaxLength = MaxLength(root.Number("model_max_length")),
            ChatTemplate = files.Has(TokenizerFiles.ChatTemplate)
                ? files.Text(TokenizerFiles.ChatTemplate)
                : ReadChatTemplate(root),
            Special = new SpecialTokens(
                root.Token("bos_token") ?? roles.Token("bos_token"),
                root.Token("eos_token") ?? roles.Token("eos_token"),
                root.Token("pad_token") ?? roles.Token("pad_token"),
                root.Token("unk_token") ?? roles.Token("unk_token")),
            AdditionalSpecialTokens =
            [
                .. root.Tokens("additional_special_tokens"), .. roles.Tokens("additional_special_tokens"),
            ],
            AddedTokens = ReadAddedTokens(root, new JsonReader(files, TokenizerFiles.AddedTokens, added?.RootElement)),
        };
    }

    /// <summary>Writers put 1e30 for "no limit".</summary>
    private static int? MaxLength(double? value) => value is >= 1 and <= int.MaxValue ? (int)value : null;

    /// <summary>A string, or a list of named templates of which the one called "default" counts.</summary>
    private static string? ReadChatTemplate(JsonReader root)
    {
        if (!root.TryGet("chat_template", out var value))
            return null;
        if (value.Element is { ValueKind: JsonValueKind.String } text)
            return text.GetString();
        foreach (var template in value.Items())
        {
            if (template.String("name") == "default")
                return template.String("template");
        }
        return null;
    }

    private static List<AddedToken> ReadAddedTokens(JsonReader root, JsonReader added)
    {
        var tokens = new List<AddedToken>();
        if (root.TryGet("added_tokens_decoder", out var decoder))
        {
            foreach (var (key, value) in decoder.Properties())
            {
                if (!int.TryParse(key, out var id) || id < 0)
                    throw decoder.Bad($"\"{key}\" is no token id; expected a whole number of 0 or more");
                tokens.Add(value.AddedToken(id));
            }
        }
        foreach (var (content, value) in added.Properties())
        {
            var id = value.TokenId();
            if (tokens.All(token => token.Id != id))
                tokens.Add(new AddedToken(id, content, IsSpecial: false, IsNormalized: true));
        }
        return tokens;
    }
}
