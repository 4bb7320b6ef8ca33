using System.Text.RegularExpressions;
using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>Writes the weights of a model directory.</summary>
public static partial class ModelWriter
{
    private const string IndexName = "model.safetensors.index.json";

    /// <summary>A file is hashed by one thread at a time, and at its end it waits for the disk.</summary>
    private const int FilesAtATime = 2;

    /// <summary>
    /// Writes <c>model.safetensors</c>, or shards and their index if the tensors exceed
    /// <paramref name="maxShardSize"/>; then removes the shards of an earlier save that this one does not replace.
    /// </summary>
    /// <param name="directory">Made if it does not exist.</param>
    /// <param name="tensors">In the order of the model. Of tied weights give one name only.</param>
    /// <param name="maxShardSize">In bytes; see <see cref="ShardSize"/>.</param>
    /// <param name="progress">Told the number of bytes of each piece written, on several threads.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <returns>The SHA-256 of each weight file, by its name, of the bytes on their way into it.</returns>
    /// <exception cref="BadInputException">A source is truncated, or there is no space.</exception>
    public static IReadOnlyDictionary<string, string> Write(
        string directory, IReadOnlyList<WeightTensor> tensors, long maxShardSize = ShardSize.Default,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        DiskSpace.Require(directory, tensors.Sum(tensor => tensor.Info.ByteLength));
        Directory.CreateDirectory(directory);
        var shards = ShardPlan.Fill([.. tensors.Select(tensor => tensor.Info.ByteLength)], maxShardSize);
        string[] names = [.. shards.Select((_, i) => ShardPlan.FileName("model", "safetensors", i, shards.Count))];
        var hashes = new string[shards.Count];
        OrderedWork.Run(shards.Count, FilesAtATime, (i, stop) =>
        {
            WeightTensor[] content = [.. shards[i].Select(position => tensors[position])];
            hashes[i] = SafetensorsWriter.Write(Path.Combine(directory, names[i]), content, null, progress, stop);
        }, cancellation);
        if (shards.Count > 1)
        {
            var places = shards.SelectMany(
                (shard, i) => shard.Select(position => (tensors[position].Info.Name, names[i])));
            WeightIndex.Write(
                Path.Combine(directory, IndexName), places, tensors.Sum(tensor => tensor.Info.ByteLength));
        }
        RemoveStale(directory, shards.Count > 1 ? [.. names, IndexName] : [.. names]);
        return names.Zip(hashes).ToDictionary(pair => pair.First, pair => pair.Second);
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
