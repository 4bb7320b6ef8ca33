using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Training.Memory;

/// <summary>What the loss over the vocabulary takes, in bytes, if all tokens have targets.</summary>
/// <param name="weight">The output projection's, [vocabulary, hidden].</param>
/// <param name="isTrained">Whether its gradient is taken.</param>
internal sealed class LossMemory(long tokens, Tensor weight, Dtype dtype, bool isTrained)
{
    private readonly (long Logits, long Products) _kernel =
        WorkingMemory.OfLoss(tokens, weight.Size(1), weight.Size(0), dtype, isTrained);

    private bool HasChunks => _kernel.Logits < tokens * weight.Size(0) * dtype.Size();

    /// <summary>The chunk of logits that exists at a time.</summary>
    internal long Logits => _kernel.Logits;

    /// <summary>What its matrix products need.</summary>
    internal long Products => _kernel.Products;

    /// <summary>The weight's gradient while it is added up: in fp32 over several chunks.</summary>
    internal long WeightSum => isTrained ? weight.Count * (HasChunks ? sizeof(float) : dtype.Size()) : 0;

    /// <summary>The weight's gradient.</summary>
    internal long WeightGradient => isTrained ? weight.Count * dtype.Size() : 0;
}
