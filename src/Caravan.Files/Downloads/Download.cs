namespace Caravan.Files.Downloads;

/// <summary>A file to fetch, and what is known about it beforehand. It is checked against all that is known.</summary>
/// <param name="Url">Where it is published; addresses of the hub are moved to a mirror if one is set.</param>
/// <param name="Path">The name that it takes when it is whole and right.</param>
public sealed record Download(string Url, string Path)
{
    public long? Bytes { get; init; }

    /// <summary>SHA-256 of its bytes, in lower-case hexadecimal.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Its object id in Git: SHA-1 of "blob", the size and the bytes. Needs <see cref="Bytes"/>.</summary>
    public string? GitBlobSha1 { get; init; }

    /// <summary>The page where a person accepts the terms or looks for what has moved.</summary>
    public string? Page { get; init; }
}
