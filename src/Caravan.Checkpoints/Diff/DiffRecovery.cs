using System.Text.Json;
using System.Text.Json.Nodes;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>
/// A base model and a diff, opened and compared: the tensors of their sum, with what the diff knows of them.
/// </summary>
internal sealed class DiffRecovery : IDisposable
{
    private readonly ModelWeights _base;
    private readonly WeightSource _diff;
    private readonly CorrectionsFile? _corrections;

    private DiffRecovery(
        ModelWeights raw, WeightSource diff, string path, JsonObject? manifest, WeightDiffOptions options,
        WeightType type)
    {
        (_base, _diff) = (raw, diff);
        var padRow = manifest is null
            ? options.PadRow : (string?)manifest["pad_row"] == "zero" ? PadRow.Zero : PadRow.Mean;
        var hashes = manifest?["tensors"] as JsonObject;
        HasHashes = hashes is not null;
        // Corrections and hashes are those of singles, and what fits into half precision is decided by the cast.
        var sumType = manifest is null && type == WeightType.BF16 ? WeightType.BF16 : WeightType.F32;
        AddedTensor Sum(WeightTensor difference) =>
            new(difference, WeightDiff.Match(raw, difference.Info, path, padRow), sumType);
        List<WeightTensor> tensors =
            [.. diff.Tensors.Select(tensor => tensor.Info.Type.IsFloatingPoint() ? Sum(tensor) : tensor)];
        if (manifest is not null)
        {
            var corrections = Path.Combine(path, WeightDiff.CorrectionsName);
            _corrections = File.Exists(corrections) ? new CorrectionsFile(corrections) : null;
            tensors = tensors.ConvertAll(tensor => tensor is AddedTensor sum
                ? new CorrectedTensor(sum, _corrections, hashes?[sum.Info.Name]?.ToString(), path) : tensor);
        }
        Tensors = tensors;
    }

    /// <summary>
    /// In single precision, or already in <c>type</c>; reading the last byte of one compares its hash.
    /// </summary>
    public IReadOnlyList<WeightTensor> Tensors { get; }

    public IReadOnlyDictionary<string, string> Aliases => _diff.Aliases;

    public IReadOnlyList<string> Files => [.. _base.Files, .. _diff.Files];

    /// <summary>Whether the diff gives hashes of the tuned tensors.</summary>
    public bool HasHashes { get; }

    /// <param name="raw">Folder of the base model.</param>
    /// <param name="diff">Folder of the diff.</param>
    /// <param name="options">Rows that only the diff has; whether to ignore corrections and hashes.</param>
    /// <param name="type">What the numbers will be written as.</param>
    /// <exception cref="BadInputException">The two do not fit each other; the message names the tensor.</exception>
    public static DiffRecovery Open(string raw, string diff, WeightDiffOptions options, WeightType type)
    {
        var baseWeights = ModelWeights.Open(raw);
        WeightSource? diffWeights = null;
        try
        {
            diffWeights = WeightSource.OpenModel(diff);
            var manifest = options.Compat ? null : ReadManifest(diff);
            return new DiffRecovery(baseWeights, diffWeights, diff, manifest, options, type);
        }
        catch
        {
            diffWeights?.Dispose();
            baseWeights.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _corrections?.Dispose();
        _diff.Dispose();
        _base.Dispose();
    }

    private static JsonObject? ReadManifest(string diff)
    {
        var path = Path.Combine(diff, WeightDiff.ManifestName);
        if (!File.Exists(path))
            return null;
        var manifest = JsonFile.Read(path);
        return manifest["version"]?.ToJsonString() == "1" && manifest["pad_row"]?.GetValueKind() is JsonValueKind.String
            ? manifest
            : throw new BadInputException(
                $"{path}: this is a newer version of the file or it is damaged; use --compat to ignore it.");
    }
}
