using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A model's <c>generation_config.json</c>: how it likes to be decoded, and the tokens that end an answer.
/// </summary>
public sealed class GenerationConfigFile : ConfigObject
{
    public const string FileName = "generation_config.json";

    private GenerationConfigFile(string path, JsonObject json)
        : base(path, "", json)
    {
    }

    /// <summary>Tokens that end an answer: the file has an integer or a list. Empty if it has neither.</summary>
    public IReadOnlyList<int> EosTokenIds
    {
        get => GetInts("eos_token_id");
        set
        {
            if (value.Count == 1)
                Set("eos_token_id", value[0]);
            else
                Set("eos_token_id", value);
        }
    }

    public int? BosTokenId => FindInt("bos_token_id");

    public int? PadTokenId => FindInt("pad_token_id");

    /// <summary>Reads the file of a model directory; null if it has none.</summary>
    /// <exception cref="BadInputException">The file is not a JSON object.</exception>
    public static GenerationConfigFile? Find(string directory)
    {
        var path = System.IO.Path.Combine(directory, FileName);
        return File.Exists(path) ? new GenerationConfigFile(path, JsonFile.Read(path)) : null;
    }

    /// <summary>A new, empty configuration.</summary>
    public static GenerationConfigFile Create() => new("", []);

    /// <summary>Writes <c>generation_config.json</c> into a directory.</summary>
    public void Write(string directory) => JsonFile.Write(System.IO.Path.Combine(directory, FileName), Json);
}
