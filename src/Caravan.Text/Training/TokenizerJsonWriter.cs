using System.Text.Json.Nodes;
using Caravan.Text.Files;

namespace Caravan.Text.Training;

/// <summary>Writes a trained tokenizer as the files that transformers loads.</summary>
internal static class TokenizerJsonWriter
{
    public static TokenizerFiles Write(
        List<string> tokens, List<(string Left, string Right)> merges, string[] special, ByteLevelBpeOptions options)
    {
        var vocabulary = new JsonObject();
        for (var id = 0; id < tokens.Count; id++)
            vocabulary[tokens[id]] = id;
        var root = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. special.Select((token, id) => Describe(token, id))]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Digits", ["individual_digits"] = true },
                    ByteLevel()),
            },
            ["post_processor"] = PostProcessor(options.BosToken, special),
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = null,
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = false,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. merges.Select(pair => (JsonNode)$"{pair.Left} {pair.Right}")]),
            },
        };
        var config = Roles(options);
        config["tokenizer_class"] = "PreTrainedTokenizerFast";
        config["clean_up_tokenization_spaces"] = false;
        config["model_max_length"] = options.ModelMaxLength is { } limit ? limit : 1e30;
        if (options.ChatTemplate is { } template)
            config["chat_template"] = template;
        return TokenizerFiles.Create("the trained tokenizer", new Dictionary<string, JsonNode>
        {
            [TokenizerFiles.TokenizerJson] = root,
            [TokenizerFiles.Config] = config,
            [TokenizerFiles.SpecialTokensMap] = Roles(options),
        });
    }

    private static JsonObject Roles(ByteLevelBpeOptions options)
    {
        var roles = new JsonObject();
        if (options.BosToken is { } bos)
            roles["bos_token"] = bos;
        roles["eos_token"] = options.EosToken;
        if (options.PadToken is { } pad)
            roles["pad_token"] = pad;
        if (options.AdditionalSpecialTokens.Count > 0)
        {
            roles["additional_special_tokens"] =
                new JsonArray([.. options.AdditionalSpecialTokens.Select(token => (JsonNode)token)]);
        }
        return roles;
    }

    private static JsonObject Describe(string token, int id) => new()
    {
        ["id"] = id,
        ["content"] = token,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    private static JsonObject ByteLevel() => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = false,
        ["trim_offsets"] = true,
        ["use_regex"] = true,
    };

    private static JsonObject PostProcessor(string? bos, string[] special)
    {
        if (bos is null)
            return ByteLevel();
        var id = Array.IndexOf(special, bos);
        JsonObject Bos(int type) =>
            new() { ["SpecialToken"] = new JsonObject { ["id"] = bos, ["type_id"] = type } };
        JsonObject Sequence(string name, int type) =>
            new() { ["Sequence"] = new JsonObject { ["id"] = name, ["type_id"] = type } };
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Bos(0), Sequence("A", 0)),
            ["pair"] = new JsonArray(Bos(0), Sequence("A", 0), Bos(1), Sequence("B", 1)),
            ["special_tokens"] = new JsonObject
            {
                [bos] = new JsonObject
                {
                    ["id"] = bos,
                    ["ids"] = new JsonArray(id),
                    ["tokens"] = new JsonArray(bos),
                },
            },
        };
    }
}
