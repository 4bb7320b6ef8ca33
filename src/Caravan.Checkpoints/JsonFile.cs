using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// JSON files beside the weights: objects, read with errors for people, written as Hugging Face writes them.
/// </summary>
internal static class JsonFile
{
    /// <summary>Far above any real file; a guard against reading weights as JSON.</summary>
    public const long MaxLength = 256 << 20;

    private static readonly JsonSerializerOptions Written = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads an object.</summary>
    /// <exception cref="BadInputException">
    /// Missing, too large, not JSON (line and column), or not an object.
    /// </exception>
    public static JsonObject Read(string path)
    {
        var bytes = ReadBytes(path);
        var text = bytes.AsSpan();
        if (text.StartsWith(Encoding.UTF8.Preamble))
            text = text[3..];
        try
        {
            DecodeStrings(text);
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 64 };
            return JsonNode.Parse(text, null, options) as JsonObject
                ?? throw new BadInputException($"{path}: the file holds JSON but not an object; expected {{ … }}.");
        }
        catch (JsonException e)
        {
            var place = e.LineNumber is { } line ? $":{line + 1}:{e.BytePositionInLine + 1}" : "";
            throw new BadInputException($"{path}{place}: not valid JSON: {Cause(e)}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new BadInputException($"{path}: not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>Writes an object with an indentation of two and a final newline.</summary>
    public static void Write(string path, JsonObject json) =>
        AtomicFile.WriteText(path, json.ToJsonString(Written) + "\n");

    // A node decodes its strings when they are asked for; bad UTF-8 and halves of surrogate pairs must be found now.
    private static void DecodeStrings(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 64 });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                reader.GetString();
        }
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length > MaxLength)
            {
                throw new BadInputException(
                    $"{path}: {ByteSize.Format(length)} is too large for a JSON file of a model.");
            }
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{path}: the file does not exist. Check the path, or fetch the file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    // .NET appends " LineNumber: … | BytePositionInLine: …", which the prefix of the message says better.
    private static string Cause(JsonException e)
    {
        var message = e.Message;
        foreach (var marker in new[] { " Path: ", " LineNumber: " })
        {
            var at = message.IndexOf(marker, StringComparison.Ordinal);
            message = at < 0 ? message : message[..at];
        }
        return message;
    }
}
