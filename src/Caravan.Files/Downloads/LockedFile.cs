namespace Caravan.Files.Downloads;

/// <summary>What a file was when it was fetched.</summary>
public sealed record LockedFile(string Url, long Bytes, string Sha256);
