using System.Runtime.ExceptionServices;

namespace Caravan.Checkpoints;

/// <summary>Pieces of work that are begun in their order, a few at a time.</summary>
internal static class OrderedWork
{
    /// <summary>Does pieces 0 to <paramref name="count"/> − 1. The first that fails stops the others.</summary>
    /// <param name="count">How many pieces there are.</param>
    /// <param name="atATime">How many run at once, on threads of their own.</param>
    /// <param name="piece">Does a piece; its token also says that another piece has failed.</param>
    /// <param name="cancellation">Stops the pieces and begins no more.</param>
    public static void Run(
        int count, int atATime, Action<int, CancellationToken> piece, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Exception? failure = null;
        var last = -1;
        void Work()
        {
            try
            {
                for (int i; !stop.IsCancellationRequested && (i = Interlocked.Increment(ref last)) < count;)
                    piece(i, stop.Token);
            }
            // A worker's failure belongs to the caller, which throws it after the others have stopped.
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                stop.Cancel();
            }
        }
        var workers = new Thread[Math.Min(atATime, count)];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = new Thread(Work) { IsBackground = true, Name = "weight files" };
            workers[i].Start();
        }
        foreach (var worker in workers)
            worker.Join();
        cancellation.ThrowIfCancellationRequested();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
    }
}
