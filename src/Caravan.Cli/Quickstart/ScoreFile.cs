using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Caravan.Evaluation;
using Caravan.Files;

namespace Caravan.Cli.Quickstart;

/// <summary>Exact match scores with every answer, as JSON.</summary>
internal static class ScoreFile
{
    private static readonly ScoreJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    });

    public static void Write(string path, ExactMatchResult result) =>
        AtomicFile.WriteText(path, JsonSerializer.Serialize(result, Json.ExactMatchResult) + "\n");

    /// <exception cref="BadInputException">The file is damaged.</exception>
    public static ExactMatchResult Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), Json.ExactMatchResult)
                ?? throw new JsonException("no object");
        }
        catch (JsonException error)
        {
            throw new BadInputException(
                $"{path}: this file is damaged ({error.Message}). Delete it; it will be made again.", error);
        }
    }
}

[JsonSerializable(typeof(ExactMatchResult))]
internal sealed partial class ScoreJson : JsonSerializerContext;
