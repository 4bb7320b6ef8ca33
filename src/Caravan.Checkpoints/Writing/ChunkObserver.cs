namespace Caravan.Checkpoints;

/// <summary>
/// Sees a chunk on its way into a file: bytes of tensor number <paramref name="tensor"/> of the file.
/// </summary>
internal delegate void ChunkObserver(int tensor, long offset, ReadOnlySpan<byte> chunk);
