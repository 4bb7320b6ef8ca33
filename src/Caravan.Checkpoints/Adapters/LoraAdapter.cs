using System.Text.RegularExpressions;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>A LoRA adapter folder as PEFT writes it: <c>adapter_config.json</c> and the low-rank factors.</summary>
internal sealed class LoraAdapter : IDisposable
{
    private const string KeyPrefix = "base_model.model.";

    private readonly ModelWeights _weights;
    private readonly ConfigObject _config;
    private readonly Dictionary<string, string> _keys = [];

    private LoraAdapter(string directory, ConfigObject config, ModelWeights weights)
    {
        Directory = directory;
        _config = config;
        _weights = weights;
        foreach (var info in weights.Tensors)
        {
            if (!info.Name.StartsWith(KeyPrefix, StringComparison.Ordinal))
                throw new BadInputException($"{weights.Path}: tensor '{info.Name}' does not begin with '{KeyPrefix}'. This is no LoRA adapter.");
            // The adapter's name in memory, which some writers leave in the keys.
            _keys[info.Name[KeyPrefix.Length..].Replace(".default.weight", ".weight", StringComparison.Ordinal)
                .Replace(".modules_to_save.", ".", StringComparison.Ordinal)] = info.Name;
        }
    }

    public string Directory { get; }

    public IReadOnlyList<string> Files => _weights.Files;

    /// <summary>The base model that the adapter's author names; null if none.</summary>
    public string? BaseModel => _config.FindString("base_model_name_or_path");

    /// <exception cref="BadInputException">Not an adapter, damaged, or of a kind that cannot be merged.</exception>
    public static LoraAdapter Open(string directory)
    {
        var path = Path.Combine(directory, "adapter_config.json");
        var config = new ConfigObject(path, "", JsonFile.Read(path));
        if (config.GetString("peft_type", "LORA") != "LORA")
            throw config.Bad("peft_type", "\"LORA\"");
        if (config.GetBool("use_dora", false))
            throw config.Bad("use_dora", "false: DoRA adapters cannot be merged here");
        if (config.GetString("bias", "none") != "none")
            throw config.Bad("bias", "\"none\"");
        var files = new[] { "adapter_model.safetensors", "adapter_model.bin" }.Select(name => Path.Combine(directory, name)).ToArray();
        var file = Array.Find(files, File.Exists)
            ?? throw new BadInputException($"{directory}: neither adapter_model.safetensors nor adapter_model.bin is there.");
        var weights = ModelWeights.Open(file);
        try
        {
            return new LoraAdapter(directory, config, weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Whether the adapter holds a tensor of the base whole, as it does with retrained embeddings.</summary>
    public bool Replaces(string name) => _keys.ContainsKey(name);

    /// <summary>A tensor of the base with the adapter's change; itself if the adapter does not touch it.</summary>
    public WeightTensor Merge(WeightTensor tensor, HashSet<string> used)
    {
        var name = tensor.Info.Name;
        if (_keys.TryGetValue(name, out var whole))
        {
            used.Add(name);
            return CastTensor.To(tensor.Info.Type, _weights[whole].Renamed(name));
        }
        if (!name.EndsWith(".weight", StringComparison.Ordinal))
            return tensor;
        var module = name[..^".weight".Length];
        var (keyA, keyB) = ($"{module}.lora_A.weight", $"{module}.lora_B.weight");
        if (!_keys.TryGetValue(keyA, out var storedA) || !_keys.TryGetValue(keyB, out var storedB))
            return tensor;
        used.Add(keyA);
        used.Add(keyB);
        return new LoraMergedTensor(
            tensor, _weights[storedA], _weights[storedB], Scale(module), _config.GetBool("fan_in_fan_out", false), Directory);
    }

    /// <summary>Refuses an adapter of which some tensors found no place in the base.</summary>
    public void RequireAllUsed(HashSet<string> used, string basePath)
    {
        var unused = _keys.Keys.Where(key => !used.Contains(key)).Order(StringComparer.Ordinal).ToList();
        if (unused.Count > 0)
        {
            throw new BadInputException(
                $"{Directory}: {unused.Count} tensors of the adapter have no place in {basePath}, the first of them " +
                $"'{unused[0]}'. The adapter is for another model{(BaseModel is null ? "" : $" ({BaseModel})")}.");
        }
    }

    public void Dispose() => _weights.Dispose();

    private float Scale(string module)
    {
        var rank = Pattern("rank_pattern", module) ?? _config.GetDouble("r");
        var alpha = Pattern("alpha_pattern", module) ?? _config.GetDouble("lora_alpha");
        if (rank < 1)
            throw _config.Bad("r", "a positive rank");
        return (float)(alpha / (_config.GetBool("use_rslora", false) ? Math.Sqrt(rank) : rank));
    }

    /// <summary>The override for a module, whose key is a dotted suffix of its path or a regular expression for it.</summary>
    private double? Pattern(string key, string module)
    {
        if (_config.FindObject(key) is not { } patterns)
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
                throw new BadInputException($"{_config.Path}: '{key}' has the key '{pattern}', which is no usable pattern: {e.Message}", e);
            }
        }
        return null;
    }
}
