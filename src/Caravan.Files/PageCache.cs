using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Caravan.Files;

/// <summary>
/// Lets large writes go past the system's page cache, where Linux and the file system can: the processor then copies
/// nothing, and the disk works from the first write on instead of at the end.
/// </summary>
public static partial class PageCache
{
    /// <summary>
    /// Addresses in memory, positions in the file and lengths of writes past the cache are multiples of this, which
    /// suits all disks.
    /// </summary>
    public const int BlockLength = 4096;

    private const int GetFlags = 3, SetFlags = 4;

    private static int DirectFlag => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 0x4000,
        Architecture.Arm64 => 0x10000,
        _ => 0,
    };

    /// <summary>
    /// Makes the writes to an open file go past the cache, or through it again. False if that cannot be; a file system
    /// may also accept it here and then refuse a write.
    /// </summary>
    public static bool TryBypass(SafeFileHandle file, bool bypass)
    {
        if (!OperatingSystem.IsLinux() || DirectFlag == 0)
            return false;
        var descriptor = (int)file.DangerousGetHandle();
        var flags = Control(descriptor, GetFlags, 0);
        return flags >= 0 &&
            Control(descriptor, SetFlags, bypass ? flags | DirectFlag : flags & ~DirectFlag) == 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int file, int command, nint argument);
}
