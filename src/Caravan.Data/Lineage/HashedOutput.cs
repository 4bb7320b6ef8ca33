using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Caravan.Files;

namespace Caravan.Data.Lineage;

/// <summary>
/// Writes a file in large blocks and hashes it on the way, both beside the work of the thread that makes the bytes.
/// The file's stream stays open.
/// </summary>
internal sealed class HashedOutput : Stream
{
    private const int BlockBytes = 1 << 20;
    private const int Blocks = 4;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly BlockingCollection<Memory<byte>> _free = [];
    private readonly BlockingCollection<(Memory<byte> Block, int Filled)> _full = [];
    private readonly Task _writing;
    private Memory<byte> _block = NewBlock();
    private int _filled;
    private long _length;

    public HashedOutput(Stream file)
    {
        for (var i = 1; i < Blocks; i++)
            _free.Add(NewBlock());
        // A thread of its own: in the pool, blocks would wait behind the work that makes them.
        _writing = Task.Factory.StartNew(() => Write(file), TaskCreationOptions.LongRunning);
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > BlockBytes - _filled)
        {
            var part = BlockBytes - _filled;
            buffer[..part].CopyTo(_block.Span[_filled..]);
            _filled = BlockBytes;
            buffer = buffer[part..];
            HandOver();
            _block = _free.Take();
        }
        buffer.CopyTo(_block.Span[_filled..]);
        _filled += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    /// <summary>Writes what is left and describes the file.</summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public ManifestFile Finish(string name)
    {
        HandOver();
        _full.CompleteAdding();
        _writing.GetAwaiter().GetResult();
        return new ManifestFile(name, null, _length, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // A write that is still going on uses the file that the caller is about to close.
            _full.CompleteAdding();
            ((IAsyncResult)_writing).AsyncWaitHandle.WaitOne();
            _hash.Dispose();
            _free.Dispose();
            _full.Dispose();
        }
        base.Dispose(disposing);
    }

    // Writes past the page cache want their memory aligned.
    private static Memory<byte> NewBlock()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(BlockBytes + PageCache.BlockLength, pinned: true);
        var rest = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) % PageCache.BlockLength);
        return bytes.AsMemory((PageCache.BlockLength - rest) % PageCache.BlockLength, BlockBytes);
    }

    private void HandOver()
    {
        _length += _filled;
        _full.Add((_block, _filled));
        _filled = 0;
    }

    private void Write(Stream file)
    {
        ExceptionDispatchInfo? failure = null;
        using var output = new EarlyWriter(file);
        foreach (var (block, filled) in _full.GetConsumingEnumerable())
        {
            try
            {
                if (failure is null)
                {
                    _hash.AppendData(block.Span[..filled]);
                    output.Write(block.Span[..filled]);
                }
            }
            catch (IOException exception)
            {
                // What makes the bytes must not wait for ever; it learns of this at the end.
                failure = ExceptionDispatchInfo.Capture(exception);
            }
            _free.Add(block);
        }
        failure?.Throw();
    }
}
