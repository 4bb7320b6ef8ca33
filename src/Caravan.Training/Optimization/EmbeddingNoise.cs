using Caravan.Data;
using Caravan.Torch;

namespace Caravan.Training.Optimization;

/// <summary>NEFTune (Jain et al. 2023, arXiv:2310.05914): uniform noise on the embeddings of a training
/// batch.</summary>
internal static class EmbeddingNoise
{
    /// <summary>Noise in ±alpha / √(L·d) for a row of L tokens: the same for the same seed, update and micro-batch,
    /// whatever was drawn before.</summary>
    /// <returns>[tokens, hidden].</returns>
    public static Tensor Draw(
        TokenBatch batch, double alpha, long hidden, Dtype dtype, Device device, long seed, int update, int microBatch)
    {
        using var scope = new TensorScope();
        using var generator = new RandomGenerator(
            (long)new SeededRandom(seed, $"embedding noise {update} {microBatch}").NextBits());
        var noise = Tensor.empty([batch.InputIds.Length, hidden]).uniform_(-1, 1, generator);
        for (var row = 0; row + 1 < batch.CuSeqLens.Length; row++)
        {
            var length = batch.CuSeqLens[row + 1] - batch.CuSeqLens[row];
            noise.narrow(0, batch.CuSeqLens[row], length).mul_(alpha / Math.Sqrt((double)length * hidden));
        }
        return scope.Keep(noise.to(dtype).to(device));
    }
}
