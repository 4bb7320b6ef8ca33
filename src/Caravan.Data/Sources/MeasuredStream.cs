using System.Collections.Concurrent;
using System.Security.Cryptography;
using Caravan.Data.Lineage;

namespace Caravan.Data.Sources;

/// <summary>
/// A file that is read ahead and hashed on a thread of its own, and reports its size and hash when its end was read.
/// </summary>
internal sealed class MeasuredStream : ForwardStream
{
    private const int BlockBytes = 1 << 20;
    private const int Blocks = 4;

    private readonly BlockingCollection<byte[]> _free =
        [.. Enumerable.Range(0, Blocks).Select(_ => new byte[BlockBytes])];
    private readonly BlockingCollection<(byte[] Block, int Filled)> _full = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<ManifestFile> _reading;
    private readonly Action<ManifestFile> _measured;
    private (byte[] Block, int Filled) _current = ([], 0);
    private int _used;

    public MeasuredStream(FileStream file, string path, Action<ManifestFile> measured)
    {
        _measured = measured;
        _reading = Task.Factory.StartNew(() => Read(file, path), TaskCreationOptions.LongRunning);
    }

    public override int Read(Span<byte> buffer)
    {
        if (_used == _current.Filled && !Next())
            return 0;
        var length = Math.Min(buffer.Length, _current.Filled - _used);
        _current.Block.AsSpan(_used, length).CopyTo(buffer);
        _used += length;
        return length;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Cancel();
            ((IAsyncResult)_reading).AsyncWaitHandle.WaitOne();
            _stop.Dispose();
            _free.Dispose();
            _full.Dispose();
        }
        base.Dispose(disposing);
    }

    // False at the end, where the one that reads has come to a result, or has failed.
    private bool Next()
    {
        if (_current.Block.Length > 0)
            _free.Add(_current.Block);
        (_current, _used) = (([], 0), 0);
        if (_full.TryTake(out _current, Timeout.Infinite))
            return true;
        _current = ([], 0);
        _measured(_reading.GetAwaiter().GetResult());
        return false;
    }

    private ManifestFile Read(FileStream file, string path)
    {
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using (file)
            {
                long length = 0;
                while (true)
                {
                    var block = _free.Take(_stop.Token);
                    var filled = file.Read(block, 0, BlockBytes);
                    if (filled == 0)
                        break;
                    length += filled;
                    hash.AppendData(block, 0, filled);
                    _full.Add((block, filled));
                }
                return new ManifestFile(
                    Path.GetFileName(path), null, length, Convert.ToHexStringLower(hash.GetHashAndReset()));
            }
        }
        finally
        {
            _full.CompleteAdding();
        }
    }
}
