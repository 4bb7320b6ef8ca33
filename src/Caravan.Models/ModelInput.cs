using Caravan.Kernels;
using Caravan.Torch;

namespace Caravan.Models;

/// <summary>
/// One forward pass's tokens: documents of any lengths, one after the other, without padding. With a cache, document i
/// continues sequence i of the cache, or its shared beginning; without a cache, positions start at 0.
/// </summary>
/// <param name="InputIds">int64 [tokens].</param>
/// <param name="PositionIds">int64 [tokens].</param>
/// <param name="MaxPosition">The greatest position.</param>
/// <param name="Boundaries">Where each document begins.</param>
/// <param name="Cache">Keys and values of the tokens before, or null.</param>
public sealed record ModelInput(
    Tensor InputIds, Tensor PositionIds, long MaxPosition, SequenceBoundaries Boundaries, KeyValueCache? Cache = null)
{
    /// <summary>Added to the first layer's input, [tokens, hidden]; null for nothing.</summary>
    public Tensor? EmbeddingNoise { get; init; }

    /// <summary>Documents that start at position 0, or where the cache's sequences end.</summary>
    public static ModelInput FromDocuments(
        IReadOnlyList<int[]> documents, Device device = default, KeyValueCache? cache = null)
    {
        var offsets = new int[documents.Count + 1];
        for (var i = 0; i < documents.Count; i++)
            offsets[i + 1] = offsets[i] + documents[i].Length;
        var ids = new long[offsets[^1]];
        var positions = new long[offsets[^1]];
        long maxPosition = 0;
        for (var i = 0; i < documents.Count; i++)
        {
            var first = cache?.LengthBefore(i) ?? 0;
            for (var j = 0; j < documents[i].Length; j++)
            {
                ids[offsets[i] + j] = documents[i][j];
                positions[offsets[i] + j] = first + j;
                maxPosition = Math.Max(maxPosition, first + j);
            }
        }
        return new ModelInput(
            Tensor.tensor(ids).to(device), Tensor.tensor(positions).to(device), maxPosition,
            new SequenceBoundaries(offsets), cache);
    }
}
