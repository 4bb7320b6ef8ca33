namespace Caravan.Data.Json;

/// <summary>
/// One top-level JSON value as it stands in its file, not parsed yet. The memory belongs to the
/// <see cref="JsonChunk"/> that holds it.
/// </summary>
/// <param name="Utf8">The value's bytes, without surrounding white space.</param>
/// <param name="Origin">Path, line and, in arrays, element.</param>
/// <param name="Index">0-based position among the file's records, blank lines not counted.</param>
/// <param name="Offset">The first byte's position in the (decompressed) file.</param>
public readonly record struct RawRecord(ReadOnlyMemory<byte> Utf8, RecordOrigin Origin, long Index, long Offset);
