namespace Caravan.Checkpoints;

/// <summary>
/// A tensor of a safetensors header; <paramref name="Begin"/> counts from the start of the data buffer.
/// </summary>
internal sealed record SafetensorsEntry(TensorInfo Info, long Begin);
