using System.Text.RegularExpressions;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Writes the weights of a model directory.</summary>
public static partial class ModelWriter
{
    private const string IndexName = "model.safetensors.index.json";

    /// <summary>
    /// Writes <c>model.safetensors</c>, or shards and their index if the tensors exceed
    /// <paramref name="maxShardSize"/>; then removes the shards of an earlier save that this one does not replace.
    /// </summary>
    /// <param name="directory">Made if it does not exist.</param>
    /// <param name="tensors">In the order of the model. Of tied weights give one name only.</param>
    /// <param name="maxShardSize">In bytes; see <see cref="ShardSize"/>.</param>
    /// <param name="progress">Told the number of bytes of each piece written.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <exception cref="BadInputException">A source is truncated, or there is no space.</exception>
    public static void Write(
        string directory, IReadOnlyList<WeightTensor> tensors, long maxShardSize = ShardSize.Default,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        DiskSpace.Require(directory, tensors.Sum(tensor => tensor.Info.ByteLength));
        Directory.CreateDirectory(directory);
        var shards = ShardPlan.Fill([.. tensors.Select(tensor => tensor.Info.ByteLength)], maxShardSize);
        var written = new List<(string Tensor, string File)>();
        var kept = new HashSet<string>();
        for (var i = 0; i < shards.Count; i++)
        {
            var name = ShardPlan.FileName("model", "safetensors", i, shards.Count);
            WeightTensor[] content = [.. shards[i].Select(position => tensors[position])];
            SafetensorsWriter.Write(Path.Combine(directory, name), content, null, progress, cancellation);
            kept.Add(name);
            written.AddRange(content.Select(tensor => (tensor.Info.Name, name)));
        }
        if (shards.Count > 1)
        {
            kept.Add(IndexName);
            WeightIndex.Write(
                Path.Combine(directory, IndexName), written, tensors.Sum(tensor => tensor.Info.ByteLength));
        }
        RemoveStale(directory, kept);
    }

    private static void RemoveStale(string directory, HashSet<string> kept)
    {
        foreach (var file in Directory.EnumerateFiles(directory))
        {
            if (WeightFileName().IsMatch(Path.GetFileName(file)) && !kept.Contains(Path.GetFileName(file)))
                File.Delete(file);
        }
    }

    [GeneratedRegex(@"^model(-\d{5}-of-\d{5})?\.safetensors(\.index\.json)?$")]
    private static partial Regex WeightFileName();
}
