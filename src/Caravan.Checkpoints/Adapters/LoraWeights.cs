using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>The tensors of a LoRA adapter folder as PEFT writes it, by the names they have in the base model:
/// <c>MODULE.lora_A.weight</c> [r, in], <c>MODULE.lora_B.weight</c> [out, r], and whole parameters that were trained.
/// </summary>
public sealed class LoraWeights : IDisposable
{
    public const string FileName = "adapter_model.safetensors";

    /// <summary>What the names in the file begin with.</summary>
    public const string KeyPrefix = "base_model.model.";

    private readonly ModelWeights _weights;
    private readonly Dictionary<string, string> _keys = [];

    private LoraWeights(ModelWeights weights)
    {
        _weights = weights;
        foreach (var info in weights.Tensors)
        {
            if (!info.Name.StartsWith(KeyPrefix, StringComparison.Ordinal))
            {
                throw new BadInputException(
                    $"{weights.Path}: tensor '{info.Name}' does not begin with '{KeyPrefix}'. This is no LoRA " +
                    "adapter.");
            }
            // The adapter's name in memory, which some writers leave in the keys.
            _keys[info.Name[KeyPrefix.Length..].Replace(".default.weight", ".weight", StringComparison.Ordinal)
                .Replace(".modules_to_save.", ".", StringComparison.Ordinal)] = info.Name;
        }
    }

    /// <summary>The file.</summary>
    public string Path => _weights.Path;

    /// <summary>The names of the tensors.</summary>
    public IReadOnlyCollection<string> Names => _keys.Keys;

    /// <exception cref="BadInputException">There are no weights, they are damaged, or not an adapter's.</exception>
    public static LoraWeights Open(string directory)
    {
        string[] names = [FileName, "adapter_model.bin"];
        var files = Array.ConvertAll(names, name => System.IO.Path.Combine(directory, name));
        var file = Array.Find(files, File.Exists)
            ?? throw new BadInputException(
                $"{directory}: neither adapter_model.safetensors nor adapter_model.bin is there.");
        var weights = ModelWeights.Open(file);
        try
        {
            return new LoraWeights(weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of a name, or null.</summary>
    public WeightTensor? Find(string name) => _keys.TryGetValue(name, out var key) ? _weights[key] : null;

    /// <summary>A tensor's bytes in memory, valid until this object is disposed.</summary>
    public MappedTensor Map(string name) => _weights.Map(_keys[name]);

    public void Dispose() => _weights.Dispose();
}
