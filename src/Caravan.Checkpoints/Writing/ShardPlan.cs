namespace Caravan.Checkpoints;

/// <summary>Which tensors go into which file.</summary>
internal static class ShardPlan
{
    /// <summary>
    /// Fills shards in the given order: a shard is closed when the next tensor would exceed
    /// <paramref name="maxShardSize"/>; a larger tensor gets a shard of its own.
    /// </summary>
    /// <param name="sizes">Bytes of each tensor, in the order of the model.</param>
    /// <param name="maxShardSize">In bytes of tensors, headers not counted.</param>
    /// <returns>For each shard the positions of its tensors; one empty shard if there are none.</returns>
    public static List<List<int>> Fill(IReadOnlyList<long> sizes, long maxShardSize)
    {
        var shards = new List<List<int>> { new() };
        long size = 0;
        for (var i = 0; i < sizes.Count; i++)
        {
            if (size > 0 && size + sizes[i] > maxShardSize)
            {
                shards.Add([]);
                size = 0;
            }
            shards[^1].Add(i);
            size += sizes[i];
        }
        return shards;
    }

    /// <summary>For example <c>model.safetensors</c> alone, else <c>model-00001-of-00003.safetensors</c>.</summary>
    public static string FileName(string stem, string extension, int shard, int count) =>
        count == 1 ? $"{stem}.{extension}" : $"{stem}-{shard + 1:00000}-of-{count:00000}.{extension}";
}
