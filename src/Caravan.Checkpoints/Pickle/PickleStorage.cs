namespace Caravan.Checkpoints;

/// <summary>A storage of a PyTorch file: raw bytes under a key. <c>Type</c> is null for untyped storages.</summary>
internal sealed record PickleStorage(string Key, WeightType? Type, long Count);
