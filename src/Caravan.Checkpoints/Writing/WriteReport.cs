namespace Caravan.Checkpoints;

/// <summary>What a tool wrote.</summary>
/// <param name="Directory">The model folder.</param>
/// <param name="Shards">Its weight files.</param>
/// <param name="TensorCount">Tensors in them.</param>
/// <param name="ParameterCount">Numbers in them.</param>
/// <param name="Warnings">What was odd on the way.</param>
public sealed record WriteReport(
    string Directory, IReadOnlyList<WrittenShard> Shards, int TensorCount, long ParameterCount,
    IReadOnlyList<string> Warnings)
{
    /// <summary>The sum of all floating-point numbers: the original scripts' integrity check.</summary>
    public double Sum => Shards.Sum(shard => shard.Sum);
}
