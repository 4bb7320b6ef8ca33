using System.Runtime.InteropServices;
using Caravan.Files;
using Microsoft.Win32.SafeHandles;

namespace Caravan.Checkpoints;

/// <summary>
/// Writes large pieces of a file past the system's page cache, where Linux and the file system can: weights are not
/// read again soon, copying them into fresh pages takes more processor time than computing them, and the disk works
/// from the first piece on instead of at the end. Safe to call from several threads; the file is complete after
/// disposal.
/// </summary>
internal sealed partial class UncachedWriter : IDisposable
{
    private const int BlockLength = PageCache.BlockLength;

    /// <summary>Smaller files are not worth it.</summary>
    private const long MinLength = 16 << 20;

    private readonly SafeFileHandle _file;
    private readonly List<(long Position, byte[] Bytes)> _edges = [];
    private volatile bool _isUncached;

    /// <param name="file">Open for writing.</param>
    /// <param name="length">The length that the file will have; its blocks are reserved.</param>
    public UncachedWriter(SafeFileHandle file, long length)
    {
        _file = file;
        _isUncached = OperatingSystem.IsLinux() && length >= MinLength
            && Reserve((int)file.DangerousGetHandle(), 0, 0, length) == 0 && PageCache.TryBypass(file, true);
    }

    /// <summary>
    /// Writes bytes whose address and <paramref name="position"/> in the file have the same remainder by the block
    /// length. What does not fill whole blocks is kept till the end.
    /// </summary>
    public void Write(ReadOnlySpan<byte> bytes, long position)
    {
        var head = (int)Math.Min((BlockLength - position % BlockLength) % BlockLength, bytes.Length);
        var whole = (bytes.Length - head) / BlockLength * BlockLength;
        if (_isUncached && whole > 0 && TryWrite(bytes.Slice(head, whole), position + head))
        {
            KeepEdge(bytes[..head], position);
            KeepEdge(bytes[(head + whole)..], position + head + whole);
            return;
        }
        if (_isUncached)
            KeepEdge(bytes, position);
        else
            RandomAccess.Write(_file, bytes, position);
    }

    /// <summary>Writes what was kept. The file is not yet flushed.</summary>
    public void Dispose()
    {
        if (_isUncached)
            PageCache.TryBypass(_file, false);
        _isUncached = false;
        foreach (var (position, bytes) in _edges)
            RandomAccess.Write(_file, bytes, position);
        _edges.Clear();
    }

    private bool TryWrite(ReadOnlySpan<byte> blocks, long position)
    {
        try
        {
            RandomAccess.Write(_file, blocks, position);
            return true;
        }
        // A file system may accept the flag and then not the write; a real fault shows again without the flag.
        catch (IOException)
        {
            PageCache.TryBypass(_file, false);
            _isUncached = false;
            return false;
        }
    }

    private void KeepEdge(ReadOnlySpan<byte> bytes, long position)
    {
        if (bytes.Length == 0)
            return;
        lock (_edges)
            _edges.Add((position, bytes.ToArray()));
    }

    [LibraryImport("libc", EntryPoint = "fallocate")]
    private static partial int Reserve(int file, int mode, long offset, long length);
}
