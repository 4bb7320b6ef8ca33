using System.Security.Cryptography;

namespace Caravan.Data.Lineage;

/// <summary>
/// Writes a file in large blocks and hashes it on the way, both beside the work of the thread that makes the bytes.
/// The file's stream stays open.
/// </summary>
internal sealed class HashedOutput(Stream file) : Stream
{
    private const int BlockBytes = 1 << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _block = new byte[BlockBytes];
    private byte[] _other = new byte[BlockBytes];
    private Task _writing = Task.CompletedTask;
    private int _filled;
    private long _length;

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
            buffer[..part].CopyTo(_block.AsSpan(_filled));
            _filled = BlockBytes;
            buffer = buffer[part..];
            HandOver();
        }
        buffer.CopyTo(_block.AsSpan(_filled));
        _filled += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    /// <summary>Writes what is left and describes the file.</summary>
    public ManifestFile Finish(string name)
    {
        HandOver();
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
            ((IAsyncResult)_writing).AsyncWaitHandle.WaitOne();
            _hash.Dispose();
        }
        base.Dispose(disposing);
    }

    private void HandOver()
    {
        _writing.GetAwaiter().GetResult();
        var (block, filled) = (_block, _filled);
        (_block, _other, _filled) = (_other, _block, 0);
        _length += filled;
        _writing = Task.Run(() =>
        {
            _hash.AppendData(block, 0, filled);
            file.Write(block, 0, filled);
        });
    }
}
