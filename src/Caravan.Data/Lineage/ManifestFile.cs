using System.Security.Cryptography;
using Caravan.Data.Sources;

namespace Caravan.Data.Lineage;

/// <summary>A file as it was: its name, where it was published, its size and the SHA-256 of its bytes.</summary>
public sealed record ManifestFile(string Name, string? Url, long Bytes, string Sha256)
{
    /// <summary>Measures a file.</summary>
    public static ManifestFile Of(string path, string? url = null)
    {
        var onDisk = RawFile.OnDisk(path);
        using var stream = File.OpenRead(onDisk);
        var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        return new ManifestFile(Path.GetFileName(onDisk), url, stream.Length, hash);
    }
}
