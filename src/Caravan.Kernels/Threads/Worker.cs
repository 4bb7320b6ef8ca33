using System.Diagnostics;

namespace Caravan.Kernels.Threads;

/// <summary>One thread of the team. It looks out for work a little while after each job, then sleeps.</summary>
internal sealed class Worker
{
    // Kernels follow each other closely within a layer, and waking a sleeping thread costs tens of microseconds. Longer
    // would take the core from libtorch's own threads.
    private static readonly long SpinTicks = Stopwatch.Frequency / 50_000; // 20 µs

    private readonly object _door = new();
    private ThreadTeam.Job? _job;
    private int _asleep;

    internal Worker(int index) =>
        new Thread(Loop) { IsBackground = true, Name = $"kernels {index}" }.Start();

    /// <summary>Gives the worker a job; the one before must have been awaited.</summary>
    internal void Start(ThreadTeam.Job job)
    {
        Interlocked.Exchange(ref _job, job);
        if (Volatile.Read(ref _asleep) != 0)
        {
            lock (_door)
                Monitor.Pulse(_door);
        }
    }

    /// <summary>Returns when the worker has left its job.</summary>
    internal void Await()
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref _job) is not null)
            spin.SpinOnce(sleep1Threshold: -1);
    }

    private void Loop()
    {
        while (true)
        {
            WaitForJob().TakeItems();
            Volatile.Write(ref _job, null);
        }
    }

    private ThreadTeam.Job WaitForJob()
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() - start < SpinTicks)
        {
            if (Volatile.Read(ref _job) is { } job)
                return job;
            Thread.SpinWait(8);
        }
        lock (_door)
        {
            // A job given before this line is seen below; one given after it finds us asleep and pulses.
            Interlocked.Exchange(ref _asleep, 1);
            while (Volatile.Read(ref _job) is null)
                Monitor.Wait(_door);
            Volatile.Write(ref _asleep, 0);
            return Volatile.Read(ref _job)!;
        }
    }
}
