using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Merges LoRA adapters into their base model.</summary>
public static class LoraMerge
{
    /// <summary>Writes the base with W + s·(B·A) in place of each adapted weight.</summary>
    /// <param name="adapter">Folder of the adapter.</param>
    /// <param name="output">Folder to write.</param>
    /// <param name="merge">The base, and what to do with it first.</param>
    /// <param name="options">How to write.</param>
    /// <param name="progress">Told how many bytes are written.</param>
    /// <param name="cancellation">Stops; a later run goes on behind the finished shards.</param>
    /// <exception cref="BadInputException">
    /// The adapter is for another model, or of a kind that cannot be merged.
    /// </exception>
    public static WriteReport Run(
        string adapter, string output, LoraMergeOptions merge, WeightOutputOptions options,
        IProgress<WriteProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var lora = LoraAdapter.Open(adapter);
        var basePath = merge.BaseModel ?? lora.BaseModel
            ?? throw new BadInputException($"{adapter}: adapter_config.json names no base model; give it.");
        if (!Directory.Exists(basePath))
        {
            throw new BadInputException(
                $"{basePath}: the base model of {adapter} is not a folder here; give its folder.");
        }
        using var source = WeightSource.OpenModel(basePath);
        var used = new HashSet<string>();
        var merged = new List<WeightTensor>();
        foreach (var tensor in source.Tensors.Select(tensor => Extended(tensor, lora, merge)))
        {
            // What comes out of NF4 must not be rounded to it again: the scales would change.
            var rounded = merge.QuantizedBase && tensor is not Nf4StoredTensor && IsQuantized(tensor.Info);
            merged.Add(lora.Merge(rounded ? new Nf4RoundTripTensor(tensor) : tensor, used));
        }
        lora.RequireAllUsed(used, basePath);
        using var result = new WeightSource(merged, source.Aliases, [.. source.Files, .. lora.Files], []);
        result.Warnings.AddRange(source.Warnings);
        return WeightConverter.Write(result, output, options, $"merge-lora {merge}", folder =>
        {
            WeightConverter.CopyModelFiles(
                basePath, folder, options.Type ?? (merge.QuantizedBase ? WeightType.BF16 : null));
            UpdateConfig(folder, merged);
            if (merge.Tokenizer is not null || CompanionFiles.HasTokenizer(adapter))
                CompanionFiles.CopyTokenizer(merge.Tokenizer ?? adapter, folder);
        }, progress, cancellation);
    }

    /// <summary>With a row for each token, unless the adapter brings its own.</summary>
    private static WeightTensor Extended(WeightTensor tensor, LoraAdapter lora, LoraMergeOptions merge)
    {
        if (!WeightDiff.IsVocabulary(tensor.Info) || !(merge.VocabularyRows > tensor.Info.Shape[0])
            || lora.Replaces(tensor.Info.Name))
        {
            return tensor;
        }
        var rows = (merge.VocabularyRows.Value + merge.VocabularyMultiple - 1L)
            / merge.VocabularyMultiple * merge.VocabularyMultiple;
        return CastTensor.To(tensor.Info.Type, new ExtendedRowsTensor(tensor, rows, PadRow.Mean));
    }

    /// <summary>Linear layers, which QLoRA quantises; not the head, embeddings or norms.</summary>
    private static bool IsQuantized(TensorInfo info) =>
        info.Shape.Count == 2 && info.Type.IsFloatingPoint() && info.Name.Contains(".layers.", StringComparison.Ordinal)
        && info.Name.EndsWith(".weight", StringComparison.Ordinal)
        && !info.Name.Contains("norm", StringComparison.Ordinal) && !info.Name.Contains(
            "embed", StringComparison.Ordinal);

    private static void UpdateConfig(string folder, List<WeightTensor> tensors)
    {
        if (!File.Exists(Path.Combine(folder, ModelConfigFile.FileName)))
            return;
        var config = ModelConfigFile.Read(folder);
        config.Remove("quantization_config");
        var embedding = tensors.Find(
            tensor => tensor.Info.Name.EndsWith("embed_tokens.weight", StringComparison.Ordinal)
            || tensor.Info.Name.EndsWith("embed_in.weight", StringComparison.Ordinal));
        if (embedding is not null)
            config.Set("vocab_size", (int)embedding.Info.Shape[0]);
        config.Write(folder);
    }
}
