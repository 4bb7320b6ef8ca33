using System.Runtime.ExceptionServices;
using Caravan.Torch;

namespace Caravan.Kernels.Threads;

/// <summary>
/// The threads that kernels share: as many as libtorch uses for an operator, the caller among them. Items are handed
/// out one by one, and an item's result must not depend on the thread that computes it, so that results are the same
/// for every number of threads.
/// </summary>
internal static class ThreadTeam
{
    /// <summary>Work below this many element operations is done by the caller alone: waking a thread costs more.
    /// </summary>
    internal const long WorthSharing = 1 << 15;

    private static readonly List<Worker> Workers = [];
    private static int s_busy;

    /// <summary>Runs <paramref name="body"/> for 0 … items − 1 and returns when all are done.</summary>
    /// <param name="work">Element operations of all items together.</param>
    internal static void Run(int items, long work, Action<int> body)
    {
        var threads = items < 2 || work < WorthSharing ? 1 : Math.Min(items, Libtorch.Threads);
        // A busy team means that another thread computes, or that an item itself calls a kernel: no core is free.
        if (threads < 2 || Interlocked.CompareExchange(ref s_busy, 1, 0) != 0)
        {
            for (var i = 0; i < items; i++)
                body(i);
            return;
        }
        try
        {
            RunShared(threads, new Job(items, body));
        }
        finally
        {
            Volatile.Write(ref s_busy, 0);
        }
    }

    private static void RunShared(int threads, Job job)
    {
        while (Workers.Count < threads - 1)
            Workers.Add(new Worker(Workers.Count + 1));
        for (var i = 0; i < threads - 1; i++)
            Workers[i].Start(job);
        job.TakeItems();
        for (var i = 0; i < threads - 1; i++)
            Workers[i].Await();
        job.Failure?.Throw();
    }

    internal sealed class Job(int items, Action<int> body)
    {
        private int _next = -1;

        internal ExceptionDispatchInfo? Failure { get; private set; }

        internal void TakeItems()
        {
            try
            {
                int item;
                while ((item = Interlocked.Increment(ref _next)) < items)
                    body(item);
            }
            // Whatever an item throws belongs to the caller of Run, not to the thread it happened on.
            catch (Exception failure)
            {
                Failure = ExceptionDispatchInfo.Capture(failure);
                Volatile.Write(ref _next, items);
            }
        }
    }
}
