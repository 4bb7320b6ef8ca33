namespace Caravan.Checkpoints;

/// <summary>A view of a storage; offset and strides count elements.</summary>
internal sealed record PickleTensor(
    PickleStorage Storage, WeightType Type, long Offset, IReadOnlyList<long> Shape, IReadOnlyList<long> Strides);
