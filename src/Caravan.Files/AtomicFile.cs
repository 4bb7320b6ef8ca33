namespace Caravan.Files;

/// <summary>
/// Writes files so that a final name never holds half a file: the bytes go to a temporary name beside it, are flushed
/// to the disk, and only then take the final name. A failed or killed write leaves the old file as it was.
/// </summary>
public static class AtomicFile
{
    /// <summary>
    /// Writes a file through <paramref name="write"/> and gives it its name when all of it is on the disk.
    /// </summary>
    /// <exception cref="IOException">The disk is full or the folder cannot be written; nothing is left
    /// behind.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var target = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var temporary = TemporaryName(target);
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes UTF-8 text without a byte-order mark. See <see cref="Write"/>.</summary>
    public static void WriteText(string path, string text) => Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, leaveOpen: true);
        writer.Write(text);
    });

    /// <summary>A name beside <paramref name="path"/> that no other process uses; ends in <c>.tmp</c>.</summary>
    public static string TemporaryName(string path) => $"{path}.{Environment.ProcessId}.tmp";
}
