using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>A LoRA adapter folder as PEFT writes it: <c>adapter_config.json</c> and the low-rank factors.</summary>
internal sealed class LoraAdapter : IDisposable
{
    private readonly LoraConfigFile _config;
    private readonly LoraWeights _weights;

    private LoraAdapter(string directory, LoraConfigFile config, LoraWeights weights) =>
        (Directory, _config, _weights) = (directory, config, weights);

    public string Directory { get; }

    public IReadOnlyList<string> Files => [_weights.Path];

    /// <summary>The base model that the adapter's author names; null if none.</summary>
    public string? BaseModel => _config.BaseModel;

    /// <exception cref="BadInputException">Not an adapter, damaged, or of a kind that cannot be merged.</exception>
    public static LoraAdapter Open(string directory) =>
        new(directory, LoraConfigFile.Read(directory), LoraWeights.Open(directory));

    /// <summary>Whether the adapter holds a tensor of the base whole, as it does with retrained embeddings.</summary>
    public bool Replaces(string name) => _weights.Find(name) is not null;

    /// <summary>A tensor of the base with the adapter's change; itself if the adapter does not touch it.</summary>
    public WeightTensor Merge(WeightTensor tensor, HashSet<string> used)
    {
        var name = tensor.Info.Name;
        if (_weights.Find(name) is { } whole)
        {
            used.Add(name);
            return CastTensor.To(tensor.Info.Type, whole.Renamed(name));
        }
        if (!name.EndsWith(".weight", StringComparison.Ordinal))
            return tensor;
        var module = name[..^".weight".Length];
        var (keyA, keyB) = ($"{module}.lora_A.weight", $"{module}.lora_B.weight");
        if (_weights.Find(keyA) is not { } a || _weights.Find(keyB) is not { } b)
            return tensor;
        used.Add(keyA);
        used.Add(keyB);
        return new LoraMergedTensor(tensor, a, b, (float)_config.Scale(module), _config.FanInFanOut, Directory);
    }

    /// <summary>Refuses an adapter of which some tensors found no place in the base.</summary>
    public void RequireAllUsed(HashSet<string> used, string basePath)
    {
        var unused = _weights.Names.Where(key => !used.Contains(key)).Order(StringComparer.Ordinal).ToList();
        if (unused.Count > 0)
        {
            throw new BadInputException(
                $"{Directory}: {unused.Count} tensors of the adapter have no place in {basePath}, the first of them " +
                $"'{unused[0]}'. The adapter is for another model{(BaseModel is null ? "" : $" ({BaseModel})")}.");
        }
    }

    public void Dispose() => _weights.Dispose();
}
