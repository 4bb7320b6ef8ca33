using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text;
using Caravan.Files;
using Microsoft.Win32.SafeHandles;

namespace Caravan.Checkpoints;

/// <summary>A weight file opened for reading: by position, without a shared cursor, or as mapped memory.</summary>
internal sealed partial class WeightFile : IDisposable
{
    private const int NotNeeded = 4; // MADV_DONTNEED

    private readonly SafeFileHandle _handle;
    private readonly Lock _mapping = new();
    private Mapping? _shared, _private;

    private WeightFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    /// <summary>Bytes at the time of opening.</summary>
    public long Length { get; }

    /// <summary>Opens a file; refuses text that stands in for weights (a Git LFS pointer, a web page).</summary>
    public static WeightFile Open(string path)
    {
        WeightFile file;
        try
        {
            file = new WeightFile(path, File.OpenHandle(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException(
                $"{path}: the file does not exist. Check the path, or fetch the file again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read: {e.Message}", e);
        }
        try
        {
            file.RefuseStandIns();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/> on.</summary>
    /// <exception cref="BadInputException">The file ends before.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int read;
            try
            {
                read = RandomAccess.Read(_handle, destination, offset);
            }
            catch (IOException e)
            {
                throw new BadInputException($"{Path}: cannot be read: {e.Message}", e);
            }
            if (read == 0)
            {
                throw new BadInputException(
                    $"{Path}: the file ends at byte {offset}, where {destination.Length} more bytes were expected. " +
                    "It is truncated; fetch it again.");
            }
            offset += read;
            destination = destination[read..];
        }
    }

    /// <summary>
    /// The first byte of the mapped file; the mapping is made at the first call and lives as long as this.
    /// </summary>
    /// <param name="writable">Whether the memory may be written to. What is written stays in this process, in a copy of
    /// the page that is made at that moment; the file does not change.</param>
    public nint Map(bool writable = false)
    {
        lock (_mapping)
        {
            return writable
                ? (_private ??= new Mapping(_handle, MemoryMappedFileAccess.CopyOnWrite)).Pointer
                : (_shared ??= new Mapping(_handle, MemoryMappedFileAccess.Read)).Pointer;
        }
    }

    /// <summary>Takes a part of the mapped file out of the process's memory, where the system can. It stays in the page
    /// cache, and comes back when it is read again.</summary>
    public void Unload(long position, long length)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var start = Map() + (nint)position;
        var page = start / Environment.SystemPageSize * Environment.SystemPageSize;
        _ = Advise(page, (nuint)(start - page + (nint)length), NotNeeded);
    }

    public void Dispose()
    {
        _shared?.Dispose();
        _private?.Dispose();
        (_shared, _private) = (null, null);
        _handle.Dispose();
    }

    /// <summary>
    /// What a file is by its first bytes, for messages: <c>GGUF</c>, <c>HDF5</c>, …; null if unknown.
    /// </summary>
    public string? KnownFormat()
    {
        Span<byte> head = stackalloc byte[262];
        head = head[..(int)Math.Min(head.Length, Length)];
        Read(0, head);
        if (head.StartsWith("GGUF"u8))
            return "a GGUF file (llama.cpp)";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'H', (byte)'D', (byte)'F']))
            return "an HDF5 file";
        if (head.StartsWith("PK\u0003\u0004"u8))
            return "a zip archive, as torch.save writes";
        if (head.Length >= 262 && head[257..262].SequenceEqual("ustar"u8))
            return "a tar archive";
        if (head.Length >= 2 && head[0] == 0x80 && head[1] is >= 2 and <= 5)
            return "a Python pickle";
        return head.Length >= 9 && head[8] == (byte)'{' ? "a safetensors file" : null;
    }

    private void RefuseStandIns()
    {
        Span<byte> head = stackalloc byte[64];
        head = head[..(int)Math.Min(head.Length, Length)];
        Read(0, head);
        var text = Encoding.Latin1.GetString(head).TrimStart();
        if (text.StartsWith("version https://git-lfs", StringComparison.Ordinal))
        {
            throw new BadInputException(
                $"{Path}: this is a Git LFS pointer of {Length} bytes, not the weights. " +
                "Run 'git lfs pull' in the repository, or download the file itself.");
        }
        if (text.StartsWith("<!doctype", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
        {
            throw new BadInputException(
                $"{Path}: this is a web page, not weights: the download gave an error or a login page. " +
                "Download the file again.");
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);

    private sealed unsafe class Mapping : IDisposable
    {
        private readonly MemoryMappedFile _map;
        private readonly MemoryMappedViewAccessor _view;

        internal Mapping(SafeFileHandle handle, MemoryMappedFileAccess access)
        {
            _map = MemoryMappedFile.CreateFromFile(handle, null, 0, access, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(0, 0, access);
            byte* pointer = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
            Pointer = (nint)pointer + (nint)_view.PointerOffset;
        }

        internal nint Pointer { get; }

        public void Dispose()
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map.Dispose();
        }
    }
}
