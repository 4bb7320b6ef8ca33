using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// Rewrites models: another element type, format or shard size; Meta's and DeepSpeed's files to Hugging Face's.
/// </summary>
public static class WeightConverter
{
    /// <summary>
    /// Converts a Hugging Face model folder, Meta's LLaMA files (<c>consolidated.NN.pth</c> with <c>params.json</c>) or
    /// an EasyLM file to a Hugging Face model folder; or a LLaMA to EasyLM's format.
    /// </summary>
    /// <param name="input">A folder or file.</param>
    /// <param name="output">Folder to write.</param>
    /// <param name="configuration">
    /// For EasyLM files, which have none of their own: a model folder whose configuration and tokenizer the result
    /// gets.
    /// </param>
    /// <param name="options">How to write.</param>
    /// <param name="progress">Told how many bytes are written.</param>
    /// <param name="cancellation">Stops; a later run goes on behind the finished shards.</param>
    /// <exception cref="BadInputException">
    /// The input is damaged, a number does not fit, or there is no space.
    /// </exception>
    public static WriteReport Convert(
        string input, string output, string? configuration, WeightOutputOptions options,
        IProgress<WriteProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (MetaCheckpoint.IsMeta(input))
        {
            using var meta = MetaCheckpoint.Open(input);
            return Write(
                meta.Source, output, options, "convert", folder => meta.WriteConfig(folder, options.Type), progress,
                cancellation);
        }
        if (EasyLmFile.IsEasyLm(input))
        {
            var config = configuration ?? throw new BadInputException(
                $"{input}: an EasyLM file does not say how many heads its model has. Give a folder with the model's " +
                "config.json (--config-from).");
            using var easyLm = EasyLmFile.Open(input, ModelConfigFile.Read(config));
            return Write(
                easyLm, output, options, $"convert {config}",
                folder => CopyModelFiles(config, folder, options.Type ?? easyLm.Tensors[0].Info.Type), progress,
                cancellation);
        }
        using var source = WeightSource.OpenModel(input);
        if (options.Format == WeightFormat.EasyLm)
        {
            using var renamed = new WeightSource(
                [.. EasyLmWriter.FromHuggingFace(input, source.Tensors, ModelConfigFile.Read(configuration ?? input))],
                new Dictionary<string, string>(), source.Files, []);
            return Write(
                renamed, output, options, "convert", folder => CopyModelFiles(input, folder, options.Type), progress,
                cancellation);
        }
        return Write(
            source, output, options, "convert", folder => CopyModelFiles(input, folder, options.Type), progress,
            cancellation);
    }

    /// <summary>
    /// Merges the files of a DeepSpeed ZeRO checkpoint into a model, in single precision unless asked otherwise.
    /// </summary>
    /// <param name="checkpoint">The folder that holds <c>latest</c>.</param>
    /// <param name="output">The model folder to write.</param>
    /// <param name="tag">The checkpoint's folder; null for the one that <c>latest</c> names.</param>
    /// <param name="stripPrefix">A prefix to drop from each name, for models saved inside a wrapper; or null.</param>
    /// <param name="excludeFrozen">Whether to leave out parameters that were not trained.</param>
    /// <param name="options">How to write.</param>
    /// <param name="progress">Told how many bytes are written.</param>
    /// <param name="cancellation">Stops; a later run goes on behind the finished shards.</param>
    /// <exception cref="BadInputException">The checkpoint is incomplete or damaged.</exception>
    public static WriteReport Consolidate(
        string checkpoint, string output, string? tag, string? stripPrefix, bool excludeFrozen,
        WeightOutputOptions options,
        IProgress<WriteProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var source = ZeroCheckpoint.Open(checkpoint, tag, stripPrefix, excludeFrozen);
        return Write(
            source, output, options, $"consolidate {tag} {stripPrefix} {excludeFrozen}",
            folder => CopyModelFiles(checkpoint, folder, options.Type ?? WeightType.F32), progress, cancellation);
    }

    internal static WriteReport Write(
        WeightSource source, string output, WeightOutputOptions options, string operation,
        Action<string> writeCompanions,
        IProgress<WriteProgress>? progress, CancellationToken cancellation)
    {
        var folder = ModelOutput.Begin(output, source.Files, options, operation);
        foreach (var warning in source.Warnings)
            folder.Warnings.Add(warning);
        var report = folder.WriteWeights(source.Tensors, source.Aliases, progress, null, cancellation);
        writeCompanions(folder.Folder);
        folder.Commit();
        return report;
    }

    /// <summary>Copies configuration, tokenizer and texts; the configuration then names the new element type.</summary>
    internal static void CopyModelFiles(string from, string to, WeightType? type)
    {
        if (!Directory.Exists(from))
            return;
        CompanionFiles.Copy(from, to);
        if (!File.Exists(Path.Combine(to, ModelConfigFile.FileName)))
            return;
        var config = ModelConfigFile.Read(to);
        var wasQuantised = config.Has("quantization_config");
        if (type is null && !wasQuantised)
            return;
        config.Remove("quantization_config");
        if (type is not null)
            config.WeightType = type;
        config.Write(to);
    }
}
