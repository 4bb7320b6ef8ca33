using System.Runtime.ExceptionServices;

namespace Caravan.Data;

/// <summary>
/// Work on all cores with results in the order of the input and a bounded number of items in flight, so that memory
/// stays flat and the outcome does not depend on the number of threads.
/// </summary>
internal static class OrderedParallel
{
    /// <summary>
    /// Maps each item. Results come in order, and so does the first error, be it of an item or of the enumeration
    /// itself. At most four items a thread are in flight.
    /// </summary>
    public static IEnumerable<TResult> Map<TItem, TResult>(
        IEnumerable<TItem> items, Func<TItem, TResult> map, int threads, CancellationToken cancellation = default)
    {
        using var enumerator = items.GetEnumerator();
        var running = new Queue<Task<TResult>>();
        try
        {
            while (MoveNext(enumerator, out var failure) || failure is not null)
            {
                cancellation.ThrowIfCancellationRequested();
                if (failure is null)
                {
                    var item = enumerator.Current;
                    running.Enqueue(Task.Run(() => map(item), CancellationToken.None));
                }
                while (running.Count >= 4 * threads || (failure is not null && running.Count > 0))
                    yield return running.Dequeue().GetAwaiter().GetResult();
                failure?.Throw();
            }
            while (running.Count > 0)
                yield return running.Dequeue().GetAwaiter().GetResult();
        }
        finally
        {
            // What is in flight may still read memory that the caller is about to give back.
            Task.WhenAll(running).ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    private static bool MoveNext<T>(IEnumerator<T> items, out ExceptionDispatchInfo? failure)
    {
        failure = null;
        try
        {
            return items.MoveNext();
        }
        catch (Exception exception)
        {
            failure = ExceptionDispatchInfo.Capture(exception);
            return false;
        }
    }
}
