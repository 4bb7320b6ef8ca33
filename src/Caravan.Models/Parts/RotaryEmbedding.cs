using Caravan.Torch;

namespace Caravan.Models.Parts;

/// <summary>
/// The angles of rotary position embedding: position · frequency (arXiv:2104.09864). Tables are fp32 and grow with the
/// positions that are asked for.
/// </summary>
internal sealed class RotaryEmbedding(RotaryFrequencies frequencies) : IDisposable
{
    private readonly int _half = frequencies.Values.Length;
    private Tensor? _cosines, _sines; // [positions, half]

    /// <summary>Cosines and sines for each token.</summary>
    internal RotaryAngles At(ModelInput input)
    {
        if (frequencies.DependOnLength && input.MaxPosition >= frequencies.TrainedLength)
            return ByDocument(input);
        var device = input.PositionIds.Device;
        if (_cosines is null || _cosines.Size(0) <= input.MaxPosition || _cosines.Device != device)
            Grow(input.MaxPosition + 1, device);
        return new(_cosines!.index_select(0, input.PositionIds), _sines!.index_select(0, input.PositionIds));
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
        var (cosines, sines) = (new float[rows * _half], new float[rows * _half]);
        for (var position = 0; position < rows; position++)
            Fill(cosines, sines, position, position, frequencies.Values);
        Dispose();
        _cosines = Tensor.tensor(cosines, rows, _half).to(device).Owned();
        _sines = Tensor.tensor(sines, rows, _half).to(device).Owned();
    }

    // Every document by its own length, with what the cache holds of it. Keys in the cache keep the angles of the
    // length at which they were computed, as in transformers.
    private RotaryAngles ByDocument(ModelInput input)
    {
        var boundaries = input.Boundaries;
        var (cosines, sines) = (new float[boundaries.Tokens * _half], new float[boundaries.Tokens * _half]);
        for (var document = 0; document < boundaries.Count; document++)
        {
            var before = input.Cache?.Lengths[document] ?? 0;
            var values = frequencies.ForLength(before + boundaries.Length(document));
            for (var i = 0; i < boundaries.Length(document); i++)
                Fill(cosines, sines, boundaries.Start(document) + i, before + i, values);
        }
        var device = input.PositionIds.Device;
        return new(
            Tensor.tensor(cosines, boundaries.Tokens, _half).to(device),
            Tensor.tensor(sines, boundaries.Tokens, _half).to(device));
    }

    private void Fill(float[] cosines, float[] sines, int row, int position, double[] values)
    {
        var magnitude = (float)frequencies.Magnitude;
        for (var i = 0; i < _half; i++)
        {
            // As in the published models: the frequency is rounded to fp32 before it meets the position.
            var angle = position * (float)values[i];
            cosines[row * _half + i] = MathF.Cos(angle) * magnitude;
            sines[row * _half + i] = MathF.Sin(angle) * magnitude;
        }
    }
}
