namespace Caravan.Checkpoints;

/// <summary>A file in a zip archive. <paramref name="HeaderPosition"/> is where its local header lies.</summary>
internal sealed record ZipEntry(
    string Name, int Method, long CompressedLength, long Length, uint Checksum, long HeaderPosition);
