using System.Runtime.InteropServices;

namespace Caravan.Data.Parquet;

/// <summary>
/// Decompresses Zstandard through the system's libzstd, which Debian's own package manager depends on; .NET has no
/// decoder before version 11.
/// </summary>
internal static partial class Zstd
{
    private const string Library = "libzstd.so.1";

    /// <summary>Fills <paramref name="output"/> exactly.</summary>
    /// <exception cref="InvalidDataException">The data is damaged, or the library is not there.</exception>
    public static void Decompress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        nuint written;
        try
        {
            written = Decompress(
                ref MemoryMarshal.GetReference(output), (nuint)output.Length,
                in MemoryMarshal.GetReference(input), (nuint)input.Length);
        }
        catch (DllNotFoundException exception)
        {
            throw new InvalidDataException(
                "its pages are compressed with Zstandard, and libzstd.so.1 is not installed (Debian: apt install " +
                "libzstd1)",
                exception);
        }
        if (IsError(written) != 0 || written != (nuint)output.Length)
            throw new InvalidDataException("the Zstandard data is damaged");
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_decompress")]
    private static partial nuint Decompress(ref byte output, nuint outputLength, in byte input, nuint inputLength);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);
}
