using System.Text.Json.Nodes;
using Caravan.Files;
using Caravan.Text.Files;

namespace Caravan.Text;

public sealed partial class Tokenizer
{
    /// <summary>
    /// Reads the tokenizer of a Hugging Face model directory: <c>tokenizer.json</c>, or <c>tokenizer.model</c>
    /// (SentencePiece), or <c>vocab.json</c> and <c>merges.txt</c>; with <c>tokenizer_config.json</c>,
    /// <c>special_tokens_map.json</c>, <c>added_tokens.json</c> and <c>chat_template.jinja</c> where they exist.
    /// </summary>
    /// <exception cref="BadInputException">A file is missing, damaged, or asks for something unknown.</exception>
    public static Tokenizer Load(string directory) => TokenizerLoader.Load(TokenizerFiles.Read(directory));

    /// <summary>Writes the files this tokenizer was read from, changed only by the With methods.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public void Save(string directory) => _files.Write(directory);

    /// <summary>
    /// A tokenizer in which <paramref name="token"/> pads; a token that is new gets the next free id.
    /// </summary>
    public Tokenizer WithPadToken(string token) => WithRole("pad_token", token);

    /// <summary>A tokenizer in which <paramref name="token"/> stands for the unknown.</summary>
    public Tokenizer WithUnknownToken(string token) => WithRole("unk_token", token);

    /// <summary>A tokenizer whose files carry this Jinja chat template, which other programs then render.</summary>
    public Tokenizer WithChatTemplate(string template) => TokenizerLoader.Load(
        _files.Without(TokenizerFiles.ChatTemplate).With(TokenizerFiles.Config, c => c["chat_template"] = template));

    private Tokenizer WithRole(string role, string token)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        var files = _files
            .With(TokenizerFiles.Config, config => config[role] = token)
            .With(TokenizerFiles.SpecialTokensMap, map => map[role] = token);
        if (IdOf(token) is not null)
            return TokenizerLoader.Load(files);

        var id = VocabularySize;
        if (files.Has(TokenizerFiles.TokenizerJson))
        {
            return TokenizerLoader.Load(files.With(TokenizerFiles.TokenizerJson, root =>
            {
                if (root["added_tokens"] is not JsonArray)
                    root["added_tokens"] = new JsonArray();
                root["added_tokens"]!.AsArray().Add(Describe(token, id));
            }));
        }
        return TokenizerLoader.Load(files
            .With(TokenizerFiles.AddedTokens, added => added[token] = id)
            .With(TokenizerFiles.Config, config =>
            {
                if (config["added_tokens_decoder"] is JsonObject decoder)
                    decoder[$"{id}"] = Describe(token, id: null);
            }));
    }

    private static JsonObject Describe(string token, int? id)
    {
        var description = new JsonObject();
        if (id is { } value)
            description["id"] = value;
        description["content"] = token;
        description["single_word"] = false;
        description["lstrip"] = false;
        description["rstrip"] = false;
        description["normalized"] = false;
        description["special"] = true;
        return description;
    }
}
