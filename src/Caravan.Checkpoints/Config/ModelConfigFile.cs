using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A model's <c>config.json</c>, of any architecture. Two newer spellings are read as the older ones that every
/// version of transformers understands, and written as these: <c>dtype</c> as <c>torch_dtype</c>, and
/// <c>rope_parameters</c> as <c>rope_theta</c>, <c>partial_rotary_factor</c> and <c>rope_scaling</c>.
/// </summary>
public sealed class ModelConfigFile : ConfigObject
{
    public const string FileName = "config.json";

    private ModelConfigFile(string path, JsonObject json)
        : base(path, "", json)
    {
        NormaliseType();
        NormaliseRotary();
    }

    /// <summary>For example <c>llama</c>; decides the architecture.</summary>
    /// <exception cref="BadInputException">The key is absent.</exception>
    public string ModelType => GetString("model_type");

    /// <summary>
    /// The first class name of <c>architectures</c>, for example <c>LlamaForCausalLM</c>; null if absent.
    /// </summary>
    public string? Architecture => GetStrings("architectures") is [var first, ..] ? first : null;

    /// <summary>The type that the weights are kept in according to <c>torch_dtype</c>; null if absent.</summary>
    /// <exception cref="BadInputException">The type is unknown.</exception>
    public WeightType? WeightType
    {
        get
        {
            if (FindString("torch_dtype") is not { } name)
                return null;
            return WeightTypes.TryParse(name, out var type)
                ? type
                : throw Bad("torch_dtype", "\"float32\", \"float16\" or \"bfloat16\"");
        }
        set => Set("torch_dtype", value?.TorchName());
    }

    /// <summary>Reads <c>config.json</c> of a model directory, or the file itself.</summary>
    /// <exception cref="BadInputException">The file is missing or not a JSON object.</exception>
    public static ModelConfigFile Read(string directoryOrFile)
    {
        var path = Directory.Exists(directoryOrFile)
            ? System.IO.Path.Combine(directoryOrFile, FileName)
            : directoryOrFile;
        return new ModelConfigFile(path, JsonFile.Read(path));
    }

    /// <summary>A new configuration, to be filled with <c>Set</c>.</summary>
    public static ModelConfigFile Create(string modelType, string architecture) => new("", new JsonObject
    {
        ["architectures"] = new JsonArray(architecture),
        ["model_type"] = modelType,
    });

    /// <summary>A copy that can be changed without changing this one.</summary>
    public ModelConfigFile Copy() => new(Path, (JsonObject)Json.DeepClone());

    /// <summary>Writes <c>config.json</c> into a directory.</summary>
    public void Write(string directory) => JsonFile.Write(System.IO.Path.Combine(directory, FileName), Json);

    private void NormaliseType()
    {
        if (Json["dtype"] is not { } type)
            return;
        Json.Remove("dtype");
        Json["torch_dtype"] ??= type;
    }

    private void NormaliseRotary()
    {
        // Some architectures keep one set of parameters per kind of layer; those stay as they are.
        if (Json["rope_parameters"] is not JsonObject parameters || !parameters.ContainsKey("rope_type"))
            return;
        Json.Remove("rope_parameters");
        foreach (var key in new[] { "rope_theta", "partial_rotary_factor" })
        {
            if (parameters[key] is not { } value)
                continue;
            parameters.Remove(key);
            Json[key] ??= value;
        }
        if (parameters["rope_type"] is not JsonValue kind || !kind.TryGetValue(out string? name) || name != "default")
            Json["rope_scaling"] ??= parameters;
    }
}
