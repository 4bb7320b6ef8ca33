namespace Caravan.Checkpoints;

/// <summary>File names of the <see cref="WeightFormat"/>s.</summary>
internal static class WeightFormats
{
    /// <summary>For example <c>model.safetensors</c> alone, else <c>model-00001-of-00003.safetensors</c>.</summary>
    public static string FileName(this WeightFormat format, int shard, int count) => format switch
    {
        WeightFormat.Torch => ShardPlan.FileName("pytorch_model", "bin", shard, count),
        WeightFormat.EasyLm => EasyLmWriter.FileName,
        _ => ShardPlan.FileName("model", "safetensors", shard, count),
    };

    public static string IndexName(this WeightFormat format) => format.FileName(0, 1) + ".index.json";
}
