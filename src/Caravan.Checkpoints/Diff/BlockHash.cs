using System.Security.Cryptography;

namespace Caravan.Checkpoints;

/// <summary>
/// A tensor's fingerprint that several threads can compute together: SHA-256 over the SHA-256 sums of its consecutive
/// blocks of 256 KiB.
/// </summary>
internal sealed class BlockHash(long length)
{
    private const int BlockLength = TensorPump.PieceLength;
    private readonly byte[] _sums = new byte[(length + BlockLength - 1) / BlockLength * SHA256.HashSizeInBytes];

    /// <summary>Adds whole blocks (the tensor's last may be short) from <paramref name="offset"/> on.</summary>
    public void Add(long offset, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length > 0; offset += BlockLength, bytes = bytes[Math.Min(BlockLength, bytes.Length)..])
        {
            SHA256.HashData(
                bytes[..Math.Min(BlockLength, bytes.Length)],
                _sums.AsSpan((int)(offset / BlockLength) * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes));
        }
    }

    public string Value => Convert.ToHexStringLower(SHA256.HashData(_sums));
}
