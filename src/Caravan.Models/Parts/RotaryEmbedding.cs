using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>
/// The angles of rotary position embedding: position · θ^(−2i/d) for i = 0 … d/2 − 1 (arXiv:2104.09864). Tables are
/// fp32 and grow with the positions that are asked for.
/// </summary>
public sealed class RotaryEmbedding(int headDim, double theta) : IDisposable
{
    private Tensor? _cosines, _sines; // [positions, head_dim / 2]

    /// <summary>Cosines and sines for each token.</summary>
    /// <param name="positionIds">int64 [tokens].</param>
    /// <param name="maxPosition">The greatest of them.</param>
    /// <returns>Two tensors, fp32 [tokens, head_dim / 2].</returns>
    public (Tensor Cosines, Tensor Sines) At(Tensor positionIds, long maxPosition)
    {
        if (_cosines is null || _cosines.Size(0) <= maxPosition || _cosines.Device != positionIds.Device)
            Grow(maxPosition + 1, positionIds.Device);
        return (_cosines!.index_select(0, positionIds), _sines!.index_select(0, positionIds));
    }

    public void Dispose()
    {
        _cosines?.Dispose();
        _sines?.Dispose();
    }

    private void Grow(long positions, Device device)
    {
        // Twice what is needed, so that a growing key/value cache does not rebuild the tables at every token.
        var rows = Math.Max(positions, 2 * (_cosines?.Size(0) ?? 0));
        var half = headDim / 2;
        var cosines = new float[rows * half];
        var sines = new float[rows * half];
        for (var i = 0; i < half; i++)
        {
            // As in the published models: the frequency is rounded to fp32 before it meets the position.
            var frequency = (float)(1 / Math.Pow(theta, 2.0 * i / headDim));
            for (var position = 0; position < rows; position++)
            {
                var angle = position * frequency;
                cosines[position * half + i] = MathF.Cos(angle);
                sines[position * half + i] = MathF.Sin(angle);
            }
        }
        Dispose();
        _cosines = Tensor.tensor(cosines, rows, half).to(device).Owned();
        _sines = Tensor.tensor(sines, rows, half).to(device).Owned();
    }
}
