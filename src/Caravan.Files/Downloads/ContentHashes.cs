using System.Security.Cryptography;
using System.Text;

namespace Caravan.Files.Downloads;

/// <summary>The hashes of a file whose bytes come one after the other, held against the expected ones.</summary>
internal sealed class ContentHashes : IDisposable
{
    private readonly Download _expected;
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly IncrementalHash? _gitBlob;

    public ContentHashes(Download expected)
    {
        _expected = expected;
        _gitBlob = expected.GitBlobSha1 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        Reset();
    }

    /// <summary>Bytes that have come.</summary>
    public long Length { get; private set; }

    public string Sha256 => Convert.ToHexStringLower(_sha256.GetCurrentHash());

    public void Reset()
    {
        Length = 0;
        _ = _sha256.GetHashAndReset();
        _ = _gitBlob?.GetHashAndReset();
        _gitBlob?.AppendData(Encoding.ASCII.GetBytes($"blob {_expected.Bytes}\0"));
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        _sha256.AppendData(bytes);
        _gitBlob?.AppendData(bytes);
    }

    public async Task AppendAsync(Stream stream, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 17];
        for (int read; (read = await stream.ReadAsync(buffer, cancellation)) > 0;)
            Append(buffer.AsSpan(0, read));
    }

    /// <summary>What is wrong with the whole file; null if all that is known about it holds.</summary>
    public string? FindFault()
    {
        if (_expected.Bytes is { } bytes && Length != bytes)
            return $"{Length} bytes came where {bytes} were expected";
        if (_expected.Sha256 is { } sha256 && Sha256 != sha256)
            return $"its SHA-256 is {Sha256}, expected {sha256}";
        if (_gitBlob is null)
            return null;
        var blob = Convert.ToHexStringLower(_gitBlob.GetCurrentHash());
        return blob == _expected.GitBlobSha1 ? null : $"its Git object id is {blob}, expected {_expected.GitBlobSha1}";
    }

    public void Dispose()
    {
        _sha256.Dispose();
        _gitBlob?.Dispose();
    }
}
