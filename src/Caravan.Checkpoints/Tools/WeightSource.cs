using Caravan.Files;

namespace Caravan.Checkpoints;

/// <summary>The tensors that a tool reads, whatever they are read from, and the files behind them.</summary>
internal sealed class WeightSource(
    IReadOnlyList<WeightTensor> tensors, IReadOnlyDictionary<string, string> aliases, IReadOnlyList<string> files,
    IReadOnlyList<IDisposable> owners) : IDisposable
{
    /// <summary>In the order of the model, without aliases.</summary>
    public IReadOnlyList<WeightTensor> Tensors { get; } = tensors;

    public IReadOnlyDictionary<string, string> Aliases { get; } = aliases;

    public IReadOnlyList<string> Files { get; } = files;

    public List<string> Warnings { get; } = [];

    /// <summary>Opens a Hugging Face model folder or weight file, without buffers that are computed
    /// anyway, and with NF4 weights dequantised.</summary>
    /// <exception cref="BadInputException">See <see cref="ModelWeights.Open"/>.</exception>
    public static WeightSource OpenModel(string path)
    {
        BitsAndBytes.RequireReadable(path);
        var weights = ModelWeights.Open(path);
        try
        {
            var kept = weights.Tensors.Where(info => !IsBuffer(info.Name) && !weights.Aliases.ContainsKey(info.Name));
            var source = new WeightSource(
                [.. BitsAndBytes.Dequantise(weights, kept)], weights.Aliases, weights.Files, [weights]);
            source.Warnings.AddRange(weights.Warnings);
            return source;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Rotary tables and causal masks, which old files carry: every loader computes them.</summary>
    public static bool IsBuffer(string name) =>
        name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal)
        || name.EndsWith(".attention.bias", StringComparison.Ordinal)
        || name.EndsWith(".attention.masked_bias", StringComparison.Ordinal);

    public void Dispose()
    {
        foreach (var owner in owners)
            owner.Dispose();
    }
}
