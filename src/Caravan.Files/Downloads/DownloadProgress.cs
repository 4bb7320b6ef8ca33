namespace Caravan.Files.Downloads;

/// <summary>How far a file has come.</summary>
/// <param name="File">Its name.</param>
/// <param name="Bytes">What is on the disk.</param>
/// <param name="Total">Null where the server does not say.</param>
/// <param name="Trouble">Why it stands still for a moment, and when it is tried again; null while all is well.</param>
public readonly record struct DownloadProgress(string File, long Bytes, long? Total, string? Trouble = null);
