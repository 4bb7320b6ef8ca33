namespace Caravan.Files;

/// <summary>Free space, asked before a long write rather than found out at its end.</summary>
public static class DiskSpace
{
    /// <summary>Throws if the disk of <paramref name="path"/> cannot take <paramref name="bytes"/> more.</summary>
    /// <exception cref="BadInputException">Too little space; the message gives both sizes.</exception>
    public static void Require(string path, long bytes)
    {
        var free = Free(path);
        if (free < bytes)
        {
            throw new BadInputException(
                $"{path}: not enough space: {ByteSize.Format(bytes)} are needed and {ByteSize.Format(free)} are free. " +
                "Free some space or choose another output directory.");
        }
    }

    /// <summary>Bytes that this user can still write on the disk that holds <paramref name="path"/>.</summary>
    public static long Free(string path)
    {
        var existing = Path.GetFullPath(path);
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing)!;
        return new DriveInfo(existing).AvailableFreeSpace;
    }
}
