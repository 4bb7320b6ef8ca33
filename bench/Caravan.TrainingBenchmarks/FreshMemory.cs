using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Caravan.TrainingBenchmarks;

/// <summary>
/// What memory costs that the process does not have yet: the system clears each page before it gives it.
/// </summary>
internal static unsafe partial class FreshMemory
{
    private const int ReadWrite = 3, PrivateAnonymous = 0x22, LargePages = 14, PageSize = 2 << 20;

    /// <summary>Seconds to write each byte of fresh memory once, on all cores, in large pages.</summary>
    internal static double Fill(long bytes)
    {
        var clock = Stopwatch.StartNew();
        var memory = (byte*)Map(0, (nuint)bytes, ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)memory == -1)
            throw new InsufficientMemoryException();
        _ = Advise((nint)memory, (nuint)bytes, LargePages);
        Parallel.For(0, bytes / PageSize, page => new Span<byte>(memory + page * PageSize, PageSize).Fill(1));
        var seconds = clock.Elapsed.TotalSeconds;
        _ = Unmap((nint)memory, (nuint)bytes);
        return seconds;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint hint, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint start, nuint length);
}
