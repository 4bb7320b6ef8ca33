using System.Collections.Concurrent;
using Caravan.Data.Json;

namespace Caravan.Data.Parquet;

/// <summary>
/// Decodes a file's row groups on several threads and gives their rows in the file's order. A group that is not yet
/// asked for waits when a few of its runs are ready, so that memory does not depend on the size of groups.
/// </summary>
internal static class RowGroupsAhead
{
    private const int RunsAhead = 4;

    /// <summary>All rows, in runs that the caller disposes.</summary>
    /// <exception cref="Caravan.Files.BadInputException">A row group is damaged.</exception>
    public static IEnumerable<JsonChunk> ReadChunks(ParquetFile file, int threads)
    {
        using var stop = new CancellationTokenSource();
        var groups = new Queue<Group>();
        try
        {
            for (var next = 0; next < file.RowGroups || groups.Count > 0;)
            {
                while (next < file.RowGroups && groups.Count < threads)
                    groups.Enqueue(Begin(file, next++, stop.Token));
                var group = groups.Peek();
                foreach (var chunk in group.Runs.GetConsumingEnumerable())
                    yield return chunk;
                group.Decoding.GetAwaiter().GetResult();
                groups.Dequeue().Runs.Dispose();
            }
        }
        finally
        {
            // The threads use the file that the caller is about to close.
            stop.Cancel();
            foreach (var group in groups)
            {
                ((IAsyncResult)group.Decoding).AsyncWaitHandle.WaitOne();
                foreach (var chunk in group.Runs.GetConsumingEnumerable())
                    chunk.Dispose();
                group.Runs.Dispose();
            }
        }
    }

    private static Group Begin(ParquetFile file, int rowGroup, CancellationToken stop)
    {
        var runs = new BlockingCollection<JsonChunk>(RunsAhead);
        // A thread of its own: in the pool, a group that waits would keep others from their work.
        var decoding = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    foreach (var chunk in file.ReadChunks(rowGroup))
                        runs.Add(chunk, stop);
                }
                finally
                {
                    runs.CompleteAdding();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return new Group(runs, decoding);
    }

    private sealed record Group(BlockingCollection<JsonChunk> Runs, Task Decoding);
}
