using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Text.Files;

/// <summary>
/// The files that make a tokenizer, as bytes. What is read is what is written back, so a tokenizer that was loaded
/// and saved is the same to every other program.
/// </summary>
internal sealed class TokenizerFiles
{
    public const string TokenizerJson = "tokenizer.json";
    public const string SentencePiece = "tokenizer.model";
    public const string Vocabulary = "vocab.json";
    public const string Merges = "merges.txt";
    public const string Config = "tokenizer_config.json";
    public const string SpecialTokensMap = "special_tokens_map.json";
    public const string AddedTokens = "added_tokens.json";
    public const string ChatTemplate = "chat_template.jinja";

    private static readonly string[] Names =
    [
        TokenizerJson, SentencePiece, Vocabulary, Merges, Config, SpecialTokensMap, AddedTokens, ChatTemplate,
    ];

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        // Tokens are written as they look, not as \u escapes, as the files' other writers do.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Dictionary<string, byte[]> _contents;

    private TokenizerFiles(string origin, Dictionary<string, byte[]> contents)
    {
        Origin = origin;
        _contents = contents;
    }

    /// <summary>The folder, for messages.</summary>
    public string Origin { get; }

    /// <exception cref="BadInputException">The folder is missing or holds no tokenizer.</exception>
    public static TokenizerFiles Read(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new BadInputException(
                $"{directory}: there is no such folder. A tokenizer is read from a Hugging Face model directory.");
        }
        var contents = new Dictionary<string, byte[]>();
        foreach (var name in Names)
        {
            var path = Path.Combine(directory, name);
            if (File.Exists(path))
                contents[name] = File.ReadAllBytes(path);
        }
        var files = new TokenizerFiles(directory, contents);
        if (!files.Has(TokenizerJson) && !files.Has(SentencePiece) && !(files.Has(Vocabulary) && files.Has(Merges)))
        {
            throw new BadInputException(
                $"{directory}: no tokenizer here. Expected {TokenizerJson}, or {SentencePiece} (SentencePiece), " +
                $"or both {Vocabulary} and {Merges}.");
        }
        return files;
    }

    /// <summary>Files that were made rather than read.</summary>
    public static TokenizerFiles Create(string origin, IReadOnlyDictionary<string, JsonNode> documents) =>
        new(origin, documents.ToDictionary(pair => pair.Key, pair => Serialize(pair.Value)));

    /// <summary>A hash of all files but the chat template's.</summary>
    public string Fingerprint
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var name in Names.Where(name => name != ChatTemplate && Has(name)))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{name} {_contents[name].Length}\n"));
                hash.AppendData(_contents[name]);
            }
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }

    public bool Has(string name) => _contents.ContainsKey(name);

    public byte[] Bytes(string name) => _contents[name];

    public string PathOf(string name) => Path.Combine(Origin, name);

    public string Text(string name) => Encoding.UTF8.GetString(_contents[name]);

    /// <summary>The JSON document of that name, or null if there is none.</summary>
    /// <exception cref="BadInputException">It is no JSON.</exception>
    public JsonDocument? Json(string name)
    {
        if (!_contents.TryGetValue(name, out var bytes))
            return null;
        try
        {
            return JsonDocument.Parse(WithoutMark(bytes));
        }
        catch (JsonException exception)
        {
            throw NoJson(name, exception);
        }
    }

    /// <summary>The same files with one JSON document changed, or made if it is missing.</summary>
    public TokenizerFiles With(string name, Action<JsonObject> edit)
    {
        var document = new JsonObject();
        if (_contents.TryGetValue(name, out var bytes))
        {
            try
            {
                document = JsonNode.Parse(WithoutMark(bytes).Span) as JsonObject ?? document;
            }
            catch (JsonException exception)
            {
                throw NoJson(name, exception);
            }
        }
        edit(document);
        return new TokenizerFiles(Origin, new Dictionary<string, byte[]>(_contents) { [name] = Serialize(document) });
    }

    /// <summary>The same files without that one.</summary>
    public TokenizerFiles Without(string name) =>
        new(Origin, _contents.Where(pair => pair.Key != name).ToDictionary());

    /// <summary>Writes every file into <paramref name="directory"/>, each whole or not at all.</summary>
    public void Write(string directory)
    {
        foreach (var (name, bytes) in _contents)
            AtomicFile.Write(Path.Combine(directory, name), stream => stream.Write(bytes));
    }

    /// <summary>An error about one file: what was found, what was expected.</summary>
    public BadInputException Bad(string name, string message) => new($"{PathOf(name)}: {message}");

    private static byte[] Serialize(JsonNode document) =>
        Encoding.UTF8.GetBytes(document.ToJsonString(Indented) + "\n");

    private static ReadOnlyMemory<byte> WithoutMark(byte[] bytes) =>
        bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;

    private BadInputException NoJson(string name, JsonException exception) => new(
        $"{PathOf(name)}: not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}): " +
        "the file may be cut off, or a Git LFS pointer instead of the real file; fetch it again.",
        exception);
}
