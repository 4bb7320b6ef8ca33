namespace Caravan.Files.Downloads;

/// <summary>How far a file has come; the total is null where the server does not say.</summary>
public readonly record struct DownloadProgress(string File, long Bytes, long? Total);
