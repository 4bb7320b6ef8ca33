using System.IO.Compression;

namespace Caravan.Data.Parquet;

/// <summary>Decompresses pages and checks their sums.</summary>
internal static class PageData
{
    // No codec makes more of a byte than gzip's 1,032; small pages get some room, so that the rest needs no exception.
    private const int LargestRatio = 1100;
    private const int AlwaysAllowed = 16 << 20;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    /// <summary>The page's bytes as they were before compression.</summary>
    public static byte[] Decompress(ReadOnlySpan<byte> input, int length, CompressionCodec codec)
    {
        if (codec == CompressionCodec.None)
        {
            return input.Length == length
                ? input.ToArray()
                : throw new InvalidDataException($"a page has {input.Length} bytes and states {length}");
        }
        if (length > AlwaysAllowed && length / LargestRatio > input.Length)
            throw new InvalidDataException($"a page of {input.Length} bytes states {length} decompressed ones");
        // All of it is written below, or it is not returned.
        var output = GC.AllocateUninitializedArray<byte>(length);
        switch (codec)
        {
            case CompressionCodec.Snappy:
                Snappy.Decompress(input, output);
                break;
            case CompressionCodec.Zstd:
                Zstd.Decompress(input, output);
                break;
            case CompressionCodec.Brotli:
                if (!BrotliDecoder.TryDecompress(input, output, out var written) || written != length)
                    throw new InvalidDataException("the Brotli data is damaged");
                break;
            case CompressionCodec.Gzip:
                using (var stream = new GZipStream(new MemoryStream(input.ToArray()), CompressionMode.Decompress))
                {
                    if (stream.ReadAtLeast(output, length, throwOnEndOfStream: false) != length)
                        throw new InvalidDataException("the gzip data ends too early");
                }
                break;
            default:
                throw new InvalidDataException(
                    $"compression number {(int)codec} is not supported; Snappy, gzip, Zstandard, Brotli and none are");
        }
        return output;
    }

    /// <summary>Throws if the page's CRC-32 is not the one in its header.</summary>
    public static void Verify(ReadOnlySpan<byte> page, int checksum)
    {
        var sum = uint.MaxValue;
        foreach (var value in page)
            sum = Table[(byte)(sum ^ value)] ^ (sum >> 8);
        if (~sum != (uint)checksum)
            throw new InvalidDataException("a page's checksum does not match");
    }

    private static uint Entry(int index)
    {
        var entry = (uint)index;
        for (var bit = 0; bit < 8; bit++)
            entry = (entry & 1) != 0 ? 0xEDB88320 ^ (entry >> 1) : entry >> 1;
        return entry;
    }
}
