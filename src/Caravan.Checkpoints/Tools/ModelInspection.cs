using System.Security.Cryptography;

namespace Caravan.Checkpoints;

/// <summary>What a check of a model's weights found.</summary>
/// <param name="NonFinite">Tensors with NaN or infinite numbers.</param>
/// <param name="Sha256">Of each weight file.</param>
/// <param name="Sum">Of all floating-point numbers.</param>
/// <param name="Completeness">How the tensors compare with the configuration.</param>
/// <param name="Warnings">What is odd.</param>
public sealed record ModelInspection(
    IReadOnlyList<string> NonFinite, IReadOnlyDictionary<string, string> Sha256, double Sum,
    ModelCompleteness Completeness, IReadOnlyList<string> Warnings)
{
    /// <summary>Reads every byte of a model: structure, checksums, NaN and infinities, hashes.</summary>
    /// <exception cref="Files.BadInputException">
    /// The structure is damaged; the message names file and tensor.
    /// </exception>
    public static ModelInspection Run(
        string path, IProgress<WriteProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var weights = ModelWeights.Open(path);
        weights.VerifyChecksums(cancellation);
        var hashes = new Dictionary<string, string>();
        foreach (var file in weights.Files)
        {
            using var stream = File.OpenRead(file);
            hashes[Path.GetFileName(file)] = Convert.ToHexStringLower(SHA256.HashData(stream));
            cancellation.ThrowIfCancellationRequested();
        }
        long done = 0, total = weights.ByteLength;
        var bad = new List<string>();
        double sum = 0;
        void Report(int bytes) => progress?.Report(new WriteProgress(done += bytes, total));
        foreach (var info in weights.Tensors)
        {
            var inspected = new InspectedTensor(weights[info.Name]);
            inspected.ReadThrough(Report, cancellation);
            sum += inspected.Sum;
            if (!inspected.IsFinite)
                bad.Add(info.Name);
        }
        var config = File.Exists(Path.Combine(path, ModelConfigFile.FileName)) ? ModelConfigFile.Read(path) : null;
        return new ModelInspection(bad, hashes, sum, ModelCompleteness.Check(weights, config), weights.Warnings);
    }
}
