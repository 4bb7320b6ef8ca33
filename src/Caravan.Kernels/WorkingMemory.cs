using Caravan.Kernels.Products;
using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>What kernels take of memory beside the tensors that go in and out: for plans of a run's memory. On other
/// devices and without tile registers it is libtorch's business, and little.</summary>
public static class WorkingMemory
{
    /// <summary>Bytes for a linear map and its gradients.</summary>
    /// <param name="dtype">Of input and weight.</param>
    /// <param name="withWeight">Whether the weight's gradient is among them.</param>
    public static long OfProjection(long tokens, long inputs, long outputs, Dtype dtype, bool withWeight)
    {
        if (!UsesTiles(dtype))
            return 0;
        var (x, weight, gradient) = (Of(tokens, inputs), Of(outputs, inputs), Of(tokens, outputs));
        var bytes = Math.Max(
            TileProduct.PackedBytes(x, weight.Transposed), TileProduct.PackedBytes(gradient, weight));
        return withWeight ? Math.Max(bytes, TileProduct.PackedBytes(gradient.Transposed, x)) : bytes;
    }

    /// <summary>Bytes for <see cref="LinearCrossEntropy.Sum"/> over tokens that all have targets: one chunk's logits
    /// with what their products need.</summary>
    /// <param name="dtype">Of hidden states and weight.</param>
    /// <param name="withWeight">Whether the weight's gradient is taken; the gradient itself is not counted.</param>
    public static (long Logits, long Products) OfLoss(
        long tokens, long hidden, long vocabulary, Dtype dtype, bool withWeight)
    {
        var rows = LinearCrossEntropy.RowsOfChunk(tokens, vocabulary, dtype);
        var logits = rows * vocabulary * dtype.Size();
        if (UsesTiles(dtype))
            return (logits, OfProjection(rows, hidden, vocabulary, dtype, withWeight));
        // libtorch cannot add to a sum of another type: a chunk's gradient is made first.
        return (logits, withWeight && dtype != Dtype.Float32 && rows < tokens ? vocabulary * hidden * dtype.Size() : 0);
    }

    private static bool UsesTiles(Dtype dtype) => KernelSelection.TilesEnabled && dtype == Dtype.BFloat16;

    private static Matrix Of(long rows, long columns) => new(0, checked((int)rows), checked((int)columns), false);
}
