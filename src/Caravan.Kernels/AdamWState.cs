using Caravan.Torch;

namespace Caravan.Kernels;

/// <summary>One parameter's state in AdamW. Owns its tensors.</summary>
/// <param name="FirstMoment">Running mean of the gradient, fp32; codes of 8 bits where there are scales.</param>
/// <param name="SecondMoment">Running mean of the squared gradient, likewise.</param>
/// <param name="Remainder">int16: what makes fp32 numbers of a bf16 parameter (<see cref="MasterWeights"/>). Null where
/// the parameter is fp32 or rounded at random.</param>
/// <param name="Scales">fp32 [2, blocks]: what the codes of both moments are relative to; null for fp32 moments.
/// </param>
public sealed record AdamWState(
    Tensor FirstMoment, Tensor SecondMoment, Tensor? Remainder = null, Tensor? Scales = null) : IDisposable
{
    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
        Remainder?.Dispose();
        Scales?.Dispose();
    }
}
