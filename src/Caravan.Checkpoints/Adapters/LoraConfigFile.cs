using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>The <c>adapter_config.json</c> of a LoRA adapter, with PEFT's keys. Keys that are not known are
/// kept.</summary>
public sealed class LoraConfigFile : ConfigObject
{
    public const string FileName = "adapter_config.json";

    private LoraConfigFile(string path, JsonObject json)
        : base(path, "", json)
    {
    }

    /// <summary>The base model that the adapter's author names; null if none.</summary>
    public string? BaseModel => FindString("base_model_name_or_path");

    /// <summary>Whether the base keeps its weights as [in, out].</summary>
    public bool FanInFanOut => GetBool("fan_in_fan_out", false);

    /// <summary>Reads the file of an adapter folder.</summary>
    /// <exception cref="BadInputException">Missing, damaged, or of a kind that does not only add B·A to weights.
    /// </exception>
    public static LoraConfigFile Read(string directory)
    {
        var path = System.IO.Path.Combine(directory, FileName);
        var config = new LoraConfigFile(path, JsonFile.Read(path));
        if (config.GetString("peft_type", "LORA") != "LORA")
            throw config.Bad("peft_type", "\"LORA\"");
        if (config.GetBool("use_dora", false))
            throw config.Bad("use_dora", "false: DoRA adapters are not supported");
        if (config.GetString("bias", "none") != "none")
            throw config.Bad("bias", "\"none\"");
        return config;
    }

    /// <summary>A new file, with everything that PEFT expects and no targets yet.</summary>
    public static LoraConfigFile Create(string? baseModel, int rank, double alpha, double dropout, bool rslora) => new(
        "", new JsonObject
        {
            ["alpha_pattern"] = new JsonObject(),
            ["base_model_name_or_path"] = baseModel,
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["layers_pattern"] = null,
            ["layers_to_transform"] = null,
            ["lora_alpha"] = alpha == Math.Floor(alpha) ? (long)alpha : alpha,
            ["lora_dropout"] = dropout,
            ["modules_to_save"] = null,
            ["peft_type"] = "LORA",
            ["r"] = rank,
            ["rank_pattern"] = new JsonObject(),
            ["revision"] = null,
            ["target_modules"] = null,
            ["task_type"] = "CAUSAL_LM",
            ["use_dora"] = false,
            ["use_rslora"] = rslora,
        });

    /// <summary>Writes the file into an adapter folder.</summary>
    public void Write(string directory) => JsonFile.Write(System.IO.Path.Combine(directory, FileName), Json);

    /// <summary>The factor of B·A: alpha / r, or alpha / √r (rank-stabilised, Kalajdzievski 2023, arXiv:2312.03732),
    /// with this module's own rank and alpha where the file gives them.</summary>
    /// <param name="module">Its dotted path.</param>
    public double Scale(string module)
    {
        var rank = Pattern("rank_pattern", module) ?? GetDouble("r");
        var alpha = Pattern("alpha_pattern", module) ?? GetDouble("lora_alpha");
        if (rank < 1)
            throw Bad("r", "a positive rank");
        return alpha / (GetBool("use_rslora", false) ? Math.Sqrt(rank) : rank);
    }

    /// <summary>The override for a module, whose key is a dotted suffix of its path or a regular expression for
    /// it.</summary>
    private double? Pattern(string key, string module)
    {
        if (FindObject(key) is not { } patterns)
            return null;
        foreach (var pattern in patterns.Keys)
        {
            try
            {
                if (Regex.IsMatch(module, $@"^(.*\.)?(?:{pattern})$", RegexOptions.None, TimeSpan.FromSeconds(1)))
                    return patterns.GetDouble(pattern);
            }
            catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
            {
                throw new BadInputException(
                    $"{Path}: '{key}' has the key '{pattern}', which is no usable pattern: {e.Message}", e);
            }
        }
        return null;
    }
}
