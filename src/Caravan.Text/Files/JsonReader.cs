using System.Text.Json;
using Caravan.Files;
using Caravan.Text.AddedTokens;

namespace Caravan.Text.Files;

/// <summary>
/// A value in one of the tokenizer's JSON files that knows where it stands, so that an error can name file and key.
/// A missing value reads as null everywhere.
/// </summary>
internal readonly struct JsonReader(TokenizerFiles files, string file, JsonElement? element, string path = "")
{
    /// <summary>Ids above this are refused before they become the size of a table.</summary>
    public const int MaxTokenId = 16_000_000;

    public JsonElement? Element => element;

    /// <summary>Whether the key is there with a value other than null.</summary>
    public bool TryGet(string key, out JsonReader value)
    {
        value = default;
        if (element is not { } present)
            return false;
        if (present.ValueKind != JsonValueKind.Object)
            throw Bad($"expected an object, found {Describe(present)}");
        if (!present.TryGetProperty(key, out var found) || found.ValueKind == JsonValueKind.Null)
            return false;
        value = new JsonReader(files, file, found, path.Length == 0 ? key : $"{path}.{key}");
        return true;
    }

    /// <summary>The value of a key that must be there.</summary>
    public JsonReader Require(string key) =>
        TryGet(key, out var value) ? value : throw Bad($"the key \"{key}\" is missing");

    public string? String(string key) => TryGet(key, out var value) ? value.AsString() : null;

    public bool? Bool(string key)
    {
        if (!TryGet(key, out var value))
            return null;
        return value.Element!.Value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw value.Bad($"expected true or false, found {Describe(value.Element.Value)}"),
        };
    }

    public double? Number(string key)
    {
        if (!TryGet(key, out var value))
            return null;
        if (value.Element is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var result))
            return result;
        throw value.Bad($"expected a number, found {Describe(value.Element!.Value)}");
    }

    public string AsString()
    {
        if (element is not { ValueKind: JsonValueKind.String } text)
            throw Bad($"expected a string, found {Describe(element)}");
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw Bad($"the string holds half of a surrogate pair ({exception.Message.TrimEnd('.')})");
        }
    }

    /// <summary>A token id: a whole number from 0 up.</summary>
    public int TokenId()
    {
        if (element is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var id)
            && id is >= 0 and <= MaxTokenId)
        {
            return id;
        }
        throw Bad($"expected a token id (0 to {MaxTokenId}), found {Describe(element)}");
    }

    /// <summary>A token given as a string or as an object with <c>content</c>.</summary>
    public string? Token(string key)
    {
        if (!TryGet(key, out var value))
            return null;
        return value.Element!.Value.ValueKind == JsonValueKind.Object
            ? value.Require("content").AsString()
            : value.AsString();
    }

    /// <summary>A list of tokens, each a string or an object with <c>content</c>.</summary>
    public List<string> Tokens(string key)
    {
        var tokens = new List<string>();
        if (!TryGet(key, out var value))
            return tokens;
        foreach (var item in value.Items())
        {
            tokens.Add(item.Element!.Value.ValueKind == JsonValueKind.Object
                ? item.Require("content").AsString()
                : item.AsString());
        }
        return tokens;
    }

    /// <summary>An added token as tokenizer.json and added_tokens_decoder write it.</summary>
    public AddedToken AddedToken(int id) => new(
        id,
        Require("content").AsString(),
        Bool("special") ?? false,
        Bool("single_word") ?? false,
        Bool("lstrip") ?? false,
        Bool("rstrip") ?? false,
        Bool("normalized") ?? false);

    public IEnumerable<JsonReader> Items()
    {
        if (element is not { } present)
            yield break;
        if (present.ValueKind != JsonValueKind.Array)
            throw Bad($"expected a list, found {Describe(present)}");
        var index = 0;
        foreach (var item in present.EnumerateArray())
            yield return new JsonReader(files, file, item, $"{path}[{index++}]");
    }

    public IEnumerable<(string Key, JsonReader Value)> Properties()
    {
        if (element is not { } present)
            yield break;
        if (present.ValueKind != JsonValueKind.Object)
            throw Bad($"expected an object, found {Describe(present)}");
        foreach (var property in present.EnumerateObject())
        {
            var key = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            yield return (property.Name, new JsonReader(files, file, property.Value, key));
        }
    }

    public BadInputException Bad(string message) =>
        files.Bad(file, path.Length == 0 ? $"{message}." : $"{path}: {message}.");

    private static string Describe(JsonElement? value) => value switch
    {
        null => "nothing",
        { ValueKind: JsonValueKind.Object } => "an object",
        { ValueKind: JsonValueKind.Array } => "a list",
        { } other => other.GetRawText() is { Length: > 60 } text ? text[..57] + "..." : other.GetRawText(),
    };
}
