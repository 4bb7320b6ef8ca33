using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Merges LoRA adapters into their base model.</summary>
public static class LoraMerge
{
    /// <summary>Writes the base with W + s·(B·A) in place of each adapted weight.</summary>
    /// <param name="baseModel">Folder of the base model; null for the one that the adapter names.</param>
    /// <param name="adapter">Folder of the adapter.</param>
    /// <param name="output">Folder to write.</param>
    /// <param name="quantizedBase">
    /// Whether the adapter was trained over an NF4 base (QLoRA): the linear layers are rounded to NF4 first.
    /// </param>
    /// <param name="options">How to write.</param>
    /// <param name="progress">Told how many bytes are written.</param>
    /// <param name="cancellation">Stops; a later run goes on behind the finished shards.</param>
    /// <exception cref="BadInputException">The adapter is for another model, or of a kind that cannot be merged.</exception>
    public static WriteReport Run(
        string? baseModel, string adapter, string output, bool quantizedBase, WeightOutputOptions options,
        IProgress<WriteProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var lora = LoraAdapter.Open(adapter);
        var basePath = baseModel ?? lora.BaseModel
            ?? throw new BadInputException($"{adapter}: adapter_config.json names no base model; give it.");
        if (!Directory.Exists(basePath))
            throw new BadInputException($"{basePath}: the base model of {adapter} is not a folder here; give its folder.");
        using var source = WeightSource.OpenModel(basePath);
        var used = new HashSet<string>();
        var merged = new List<WeightTensor>();
        foreach (var tensor in source.Tensors)
            merged.Add(lora.Merge(quantizedBase && IsQuantized(tensor.Info) ? new Nf4RoundTripTensor(tensor) : tensor, used));
        lora.RequireAllUsed(used, basePath);
        using var result = new WeightSource(merged, source.Aliases, [.. source.Files, .. lora.Files], []);
        result.Warnings.AddRange(source.Warnings);
        return WeightConverter.Write(result, output, options, $"merge-lora {quantizedBase}", folder =>
        {
            WeightConverter.CopyModelFiles(basePath, folder, options.Type ?? (quantizedBase ? WeightType.BF16 : null));
            UpdateConfig(folder, merged);
            if (CompanionFiles.HasTokenizer(adapter))
                CompanionFiles.CopyTokenizer(adapter, folder);
        }, progress, cancellation);
    }

    /// <summary>Linear layers, which QLoRA quantises; not the head, embeddings or norms.</summary>
    private static bool IsQuantized(TensorInfo info) =>
        info.Shape.Count == 2 && info.Type.IsFloatingPoint() && info.Name.Contains(".layers.", StringComparison.Ordinal)
        && info.Name.EndsWith(".weight", StringComparison.Ordinal)
        && !info.Name.Contains("norm", StringComparison.Ordinal) && !info.Name.Contains("embed", StringComparison.Ordinal);

    private static void UpdateConfig(string folder, List<WeightTensor> tensors)
    {
        if (!File.Exists(Path.Combine(folder, ModelConfigFile.FileName)))
            return;
        var config = ModelConfigFile.Read(folder);
        config.Remove("quantization_config");
        var embedding = tensors.Find(tensor => tensor.Info.Name.EndsWith("embed_tokens.weight", StringComparison.Ordinal)
            || tensor.Info.Name.EndsWith("embed_in.weight", StringComparison.Ordinal));
        if (embedding is not null)
            config.Set("vocab_size", (int)embedding.Info.Shape[0]);
        config.Write(folder);
    }
}
