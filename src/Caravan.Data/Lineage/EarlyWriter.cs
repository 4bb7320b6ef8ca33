using Caravan.Files;

namespace Caravan.Data.Lineage;

/// <summary>
/// Writes a file from its beginning so that the disk begins early and little is left to wait for at the end. A small
/// file stays in the page cache, where it is read again soon; a large one goes past it but for its beginning, because
/// copying it there takes the processor as long as hashing it.
/// </summary>
/// <param name="file">The file. Where it is none on a disk, it is simply written to.</param>
internal sealed class EarlyWriter(Stream file) : IDisposable
{
    private const long CachedBytes = 64 << 20;

    private readonly FileStream? _onDisk = file as FileStream;
    private Task _flushing = Task.CompletedTask;
    private long _position;
    private long _flushed;
    private bool _bypasses;
    private bool _refused;

    /// <summary>Writes bytes that lie at a multiple of <see cref="PageCache.BlockLength"/> in memory.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        var wanted = !_refused && _position >= CachedBytes && bytes.Length % PageCache.BlockLength == 0;
        if (_onDisk is not null && wanted != _bypasses)
            Bypass(wanted);
        try
        {
            file.Write(bytes);
        }
        catch (IOException) when (_bypasses)
        {
            // A file system may accept the flag and then not the write; a real fault shows again without the flag.
            Bypass(false);
            _refused = true;
            file.Write(bytes);
        }
        _position += bytes.Length;
        if (_onDisk is not null && !_bypasses && _flushing.IsCompleted && _position - _flushed >= CachedBytes)
        {
            _flushed = _position;
            _flushing = Task.Run(() => RandomAccess.FlushToDisk(_onDisk.SafeFileHandle));
        }
    }

    /// <summary>Waits for what was begun. The file is not flushed yet.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Dispose() => _flushing.GetAwaiter().GetResult();

    private void Bypass(bool bypass)
    {
        _refused |= !PageCache.TryBypass(_onDisk!.SafeFileHandle, bypass);
        _bypasses = bypass && !_refused;
    }
}
