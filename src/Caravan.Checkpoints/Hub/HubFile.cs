namespace Caravan.Checkpoints;

/// <summary>A file of a repository on the hub.</summary>
/// <param name="Path">Its path inside the repository, which is safe to append to a folder.</param>
/// <param name="Sha256">Of its bytes, for files in large-file storage; null for others.</param>
/// <param name="GitBlobSha1">Its Git object id, for files in Git itself; null for others.</param>
public sealed record HubFile(string Path, long Bytes, string? Sha256, string? GitBlobSha1);
