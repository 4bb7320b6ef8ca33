using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Caravan.Files;
using Microsoft.Win32.SafeHandles;

namespace Caravan.Checkpoints;

/// <summary>
/// Moves tensors into a file, a chunk at a time. Several workers each read, compute and write a chunk of their own, so
/// that the disk and the cores are busy together, and memory stays at a few chunks whatever the tensors' sizes.
/// </summary>
internal sealed class TensorPump
{
    /// <summary>A multiple of every element size; large enough that a disk sees long sequential writes.</summary>
    public const int ChunkLength = 1 << 20;

    /// <summary>What is read and computed at once: small enough for the processor's cache.</summary>
    public const int PieceLength = 256 << 10;

    private readonly UncachedWriter _output;
    private readonly IReadOnlyList<(WeightTensor Tensor, long Position)> _jobs;
    private readonly ChunkObserver? _inOrder;
    private readonly IProgress<long>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly object _order = new();
    private readonly int[] _chunksLeft;
    private Exception? _failure;
    private int _job;
    private long _offset;
    private long _tickets;
    private long _turn;

    private TensorPump(
        UncachedWriter output, IReadOnlyList<(WeightTensor Tensor, long Position)> jobs, ChunkObserver? inOrder,
        IProgress<long>? progress, CancellationToken cancellation)
    {
        _output = output;
        _jobs = jobs;
        _inOrder = inOrder;
        _progress = progress;
        _cancellation = cancellation;
        _chunksLeft = [.. jobs.Select(job => (int)((job.Tensor.Info.ByteLength + ChunkLength - 1) / ChunkLength))];
    }

    /// <summary>Writes each tensor at its position.</summary>
    /// <param name="output">The file.</param>
    /// <param name="jobs">Tensors and their places in the file.</param>
    /// <param name="inOrder">Sees all chunks, one after the other, in the order of <paramref name="jobs"/>.</param>
    /// <param name="progress">Told the number of bytes of each chunk.</param>
    /// <param name="cancellation">Stops between chunks.</param>
    public static void Run(
        SafeFileHandle output, IReadOnlyList<(WeightTensor Tensor, long Position)> jobs, ChunkObserver? inOrder,
        IProgress<long>? progress, CancellationToken cancellation)
    {
        var end = jobs.Count == 0 ? 0 : jobs.Max(job => job.Position + job.Tensor.Info.ByteLength);
        using var writer = new UncachedWriter(output, end);
        var pump = new TensorPump(writer, jobs, inOrder, progress, cancellation);
        // Some wait for the disk or for their turn while others compute.
        var workers = new Thread[Math.Clamp(Environment.ProcessorCount + 2, 3, 8)];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = new Thread(pump.Work) { IsBackground = true, Name = "weights" };
            workers[i].Start();
        }
        foreach (var worker in workers)
            worker.Join();
        cancellation.ThrowIfCancellationRequested();
        if (pump._failure is { } failure)
            ExceptionDispatchInfo.Throw(failure);
    }

    private unsafe void Work()
    {
        const int block = PageCache.BlockLength;
        var memory = (byte*)NativeMemory.AlignedAlloc(ChunkLength + block, block);
        try
        {
            while (Next() is var (job, offset, length, ticket))
            {
                var (tensor, position) = _jobs[job];
                var chunk = new Span<byte>(memory + (position + offset) % block, length);
                for (var at = 0; at < length; at += PieceLength)
                    tensor.Read(offset + at, chunk.Slice(at, Math.Min(PieceLength, length - at)));
                if (_inOrder is not null && !ObserveInTurn(ticket, job, offset, chunk))
                    return;
                _output.Write(chunk, position + offset);
                if (Interlocked.Decrement(ref _chunksLeft[job]) == 0)
                    tensor.Release();
                _progress?.Report(length);
            }
        }
        // A worker's failure belongs to the caller of Run, which throws it after the others have stopped.
        catch (Exception e)
        {
            lock (_order)
            {
                _failure ??= e;
                Monitor.PulseAll(_order);
            }
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>Waits until all earlier chunks have been observed; false if another worker has failed.</summary>
    private bool ObserveInTurn(long ticket, int job, long offset, ReadOnlySpan<byte> chunk)
    {
        lock (_order)
        {
            while (_turn != ticket)
            {
                if (_failure is not null)
                    return false;
                Monitor.Wait(_order);
            }
        }
        // Only the worker whose turn it is gets here.
        _inOrder!(job, offset, chunk);
        lock (_order)
        {
            _turn++;
            Monitor.PulseAll(_order);
        }
        return true;
    }

    private (int Job, long Offset, int Length, long Ticket)? Next()
    {
        lock (_order)
        {
            while (_job < _jobs.Count && _offset == _jobs[_job].Tensor.Info.ByteLength)
                (_job, _offset) = (_job + 1, 0);
            if (_job == _jobs.Count || _failure is not null || _cancellation.IsCancellationRequested)
                return null;
            var length = (int)Math.Min(ChunkLength, _jobs[_job].Tensor.Info.ByteLength - _offset);
            var chunk = (_job, _offset, length, _tickets++);
            _offset += length;
            return chunk;
        }
    }
}
