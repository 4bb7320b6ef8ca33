using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// Weight diffs, as models over LLaMA were released: tuned − base, of use only to who has the base. The arithmetic is
/// that of the original scripts; the memory is a few megabytes instead of two whole models.
/// </summary>
public static class WeightDiff
{
    internal const string ManifestName = "caravan-diff.json";
    internal const string CorrectionsName = "caravan-diff.corrections";
    private const string ReportName = "recover_report.json";

    private static readonly string[] VocabularyNames =
        ["embed_tokens.weight", "lm_head.weight", "embed_in.weight", "embed_out.weight", "wte.weight"];

    /// <summary>Writes tuned − raw with the tuned model's configuration and tokenizer.</summary>
    /// <param name="raw">Folder of the base model.</param>
    /// <param name="tuned">Folder of the tuned model.</param>
    /// <param name="diff">Folder to write.</param>
    /// <param name="options">Rows that only the tuned model has; compatibility.</param>
    /// <param name="output">How to write. The type is always float32, which alone is exact.</param>
    /// <param name="progress">Told how many bytes are written.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="BadInputException">
    /// The models do not fit each other; the message names tensor and shapes.
    /// </exception>
    public static WriteReport Make(
        string raw, string tuned, string diff, WeightDiffOptions options, WeightOutputOptions output,
        IProgress<WriteProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var baseWeights = ModelWeights.Open(raw);
        using var tunedWeights = WeightSource.OpenModel(tuned);
        var folder = ModelOutput.Begin(
            diff, [.. baseWeights.Files, .. tunedWeights.Files], output with { Type = null }, $"make-diff {options}");
        using var notes = options.Compat
            ? null : new DiffNotes(Path.Combine(folder.Folder, CorrectionsName), folder.Notes);
        WeightTensor[] differences = [.. tunedWeights.Tensors.Select(tensor => tensor.Info.Type.IsFloatingPoint()
            ? new SubtractedTensor(tensor, Match(baseWeights, tensor.Info, tuned, options.PadRow), notes)
            : tensor)];
        var report = folder.WriteWeights(
            differences, tunedWeights.Aliases, progress, notes is null ? null : notes.Save, cancellation);
        WeightConverter.CopyModelFiles(tuned, folder.Folder, WeightType.F32);
        if (notes is not null)
            WriteManifest(folder.Folder, options, notes);
        folder.Commit();
        return report;
    }

    /// <summary>
    /// Writes raw + diff with the diff's configuration and tokenizer, and <c>recover_report.json</c>.
    /// </summary>
    /// <param name="raw">Folder of the base model.</param>
    /// <param name="diff">Folder of the diff.</param>
    /// <param name="tuned">Folder to write.</param>
    /// <param name="options">Rows that only the diff has; the integrity sum.</param>
    /// <param name="output">How to write; float32 unless a type is given.</param>
    /// <param name="progress">Told how many bytes are written.</param>
    /// <param name="cancellation">Stops; a later run goes on behind the finished shards.</param>
    /// <exception cref="BadInputException">
    /// The models do not fit each other, or the result is not the model that the diff was made of.
    /// </exception>
    public static WriteReport Recover(
        string raw, string diff, string tuned, WeightDiffOptions options, WeightOutputOptions output,
        IProgress<WriteProgress>? progress = null, CancellationToken cancellation = default)
    {
        var type = output.Type ?? WeightType.F32;
        using var recovery = DiffRecovery.Open(raw, diff, options, type);
        var folder = ModelOutput.Begin(tuned, recovery.Files, output with { Type = type }, $"recover {options}");
        var report = folder.WriteWeights(recovery.Tensors, recovery.Aliases, progress, null, cancellation);
        CheckSum(report.Sum, options);
        WeightConverter.CopyModelFiles(diff, folder.Folder, type);
        WriteReportFile(folder.Folder, report, recovery.HasHashes);
        folder.Commit();
        return report;
    }

    /// <summary>Adds raw + diff and looks at the result without writing it: shapes, hashes, the sum.</summary>
    /// <param name="raw">Folder of the base model.</param>
    /// <param name="diff">Folder of the diff.</param>
    /// <param name="options">Rows that only the diff has; the integrity sum.</param>
    /// <param name="progress">Told how many bytes of the result are done.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="BadInputException">
    /// The models do not fit each other, or the result is not the model that the diff was made of.
    /// </exception>
    public static DiffCheck Check(
        string raw, string diff, WeightDiffOptions options, IProgress<WriteProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        using var recovery = DiffRecovery.Open(raw, diff, options, WeightType.F32);
        InspectedTensor[] tensors = [.. recovery.Tensors.Select(tensor => new InspectedTensor(tensor))];
        long done = 0, total = tensors.Sum(tensor => tensor.Info.ByteLength);
        void Report(int bytes) => progress?.Report(new WriteProgress(Interlocked.Add(ref done, bytes), total));
        OrderedWork.Run(
            tensors.Length, Environment.ProcessorCount, (i, stop) => tensors[i].ReadThrough(Report, stop),
            cancellation);
        var sum = tensors.Sum(tensor => tensor.Sum);
        CheckSum(sum, options);
        return new DiffCheck(
            sum, tensors.Length, tensors.Sum(tensor => tensor.Info.ElementCount),
            [.. tensors.Where(tensor => !tensor.IsFinite).Select(tensor => tensor.Info.Name)], recovery.HasHashes);
    }

    /// <summary>Whether a tensor has a row for each token, so that a longer tokenizer needs more of them.</summary>
    internal static bool IsVocabulary(TensorInfo info) => info.Shape.Count == 2
        && Array.Exists(VocabularyNames, name => info.Name.EndsWith(name, StringComparison.Ordinal));

    /// <summary>
    /// The base's tensor for one of the tuned model, with as many rows; checked before anything is written.
    /// </summary>
    internal static WeightTensor Match(ModelWeights raw, TensorInfo wanted, string path, PadRow padRow)
    {
        if (!raw.Contains(wanted.Name))
        {
            throw new BadInputException(
                $"{path}: tensor '{wanted.Name}' {wanted.ShapeText} is not in the base model {raw.Path}. " +
                "The two are of different architectures; check that this is the right base.");
        }
        var tensor = raw[wanted.Name];
        if (!tensor.Info.Type.IsFloatingPoint())
        {
            throw new BadInputException(
                $"{raw.Path}: tensor '{wanted.Name}' is {tensor.Info.Type.SafetensorsName()}, which cannot be " +
                "subtracted.");
        }
        if (tensor.Info.HasSameShape(wanted))
            return tensor;
        if (IsVocabulary(tensor.Info) && IsVocabulary(wanted) && tensor.Info.Shape[1] == wanted.Shape[1]
            && tensor.Info.Shape[0] < wanted.Shape[0] && tensor.Info.Shape[0] > 0)
        {
            return new ExtendedRowsTensor(tensor, wanted.Shape[0], padRow);
        }
        throw new BadInputException(
            $"{path}: tensor '{wanted.Name}' has shape {wanted.ShapeText}, but {tensor.Info.ShapeText} in the base " +
            $"model {raw.Path}. Check that the base is of the same size and version.");
    }

    private static void WriteManifest(string folder, WeightDiffOptions options, DiffNotes notes) =>
        JsonFile.Write(Path.Combine(folder, ManifestName), new JsonObject
        {
            ["format"] = "caravan-diff",
            ["version"] = 1,
            ["pad_row"] = options.PadRow == PadRow.Zero ? "zero" : "mean",
            ["corrections"] = notes.Count,
            ["hash"] = "sha256 of the sha256 of each 256 KiB block, float32",
            ["tensors"] = new JsonObject(notes.Hashes.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value))),
        });

    private static void CheckSum(double sum, WeightDiffOptions options)
    {
        if (options.ExpectedSum is { } expected && !(Math.Abs(sum - expected) <= options.Tolerance))
        {
            throw new BadInputException(
                $"The recovered numbers add up to {sum:F4} and not to {expected:F4} ± {options.Tolerance}. " +
                "The base or the diff is not the right one.");
        }
    }

    private static void WriteReportFile(string folder, WriteReport report, bool hashesChecked) =>
        JsonFile.Write(Path.Combine(folder, ReportName), new JsonObject
        {
            ["sum"] = double.IsFinite(report.Sum) ? report.Sum : null,
            ["tensors"] = report.TensorCount,
            ["parameters"] = report.ParameterCount,
            ["tensor_hashes"] = hashesChecked ? "equal to those of the diff" : "none in the diff",
            ["sha256"] = new JsonObject(report.Shards.Select(shard =>
                KeyValuePair.Create<string, JsonNode?>(shard.File, shard.Sha256))),
        });
}
