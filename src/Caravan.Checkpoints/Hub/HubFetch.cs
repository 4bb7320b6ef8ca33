using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Checkpoints;

/// <summary>
/// Brings files of a repository into a folder, several at a time. Files that are there already are checked instead of
/// fetched; what was begun goes on. <c>downloads.lock.json</c> says of each where it is from.
/// </summary>
public sealed class HubFetch(FileDownloader downloader, HubSnapshot snapshot, string folder)
{
    private readonly Lock _lock = new();

    /// <summary>Files fetched at the same time.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>Whether a file that is there and is another one is replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Told of each file that is there and right, of one at a time.</summary>
    public Action<HubFile> OnFile { get; init; } = _ => { };

    /// <summary>Bytes that an earlier run has left of a file, finished or not.</summary>
    public long BytesThere(HubFile file)
    {
        var path = Path.Combine(folder, file.Path);
        return Math.Min(file.Bytes, File.Exists(path) ? new FileInfo(path).Length : FileDownloader.BytesLeftOf(path));
    }

    /// <summary>Fetches what is not there.</summary>
    /// <exception cref="BadInputException">A file is not to be had, is not what the hub says, or stands in the way of
    /// another one; or there is too little space. Finished files stay.</exception>
    public async Task RunAsync(
        IReadOnlyList<HubFile> files, IProgress<WriteProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var there = files.Select(BytesThere).ToArray();
        var total = files.Sum(file => file.Bytes);
        Directory.CreateDirectory(folder);
        DiskSpace.Require(folder, total - there.Sum());
        var locked = DownloadLock.Load(folder);
        var options = new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = cancellation };
        Report(progress, there.Sum(), total);
        await Parallel.ForEachAsync(Enumerable.Range(0, files.Count), options, async (i, stop) =>
        {
            var done = await FetchAsync(files[i], new Listener(report =>
            {
                lock (_lock)
                {
                    there[i] = report.Bytes;
                    Report(progress, there.Sum(), total);
                }
            }), stop);
            lock (_lock)
            {
                there[i] = files[i].Bytes;
                locked[files[i].Path] = done;
                DownloadLock.Save(folder, locked);
                OnFile(files[i]);
                Report(progress, there.Sum(), total);
            }
        });
    }

    private async Task<LockedFile> FetchAsync(HubFile file, Listener listener, CancellationToken cancellation)
    {
        var download = snapshot.Download(file, folder);
        if (File.Exists(download.Path))
        {
            if (await FileDownloader.RecogniseAsync(download, cancellation) is { } known)
                return known;
            if (!Overwrite)
            {
                throw new BadInputException(
                    $"{download.Path}: the file is not the one that {snapshot.Id} has at {snapshot.Commit[..12]}. " +
                    "Give --overwrite to replace it, or another --output.");
            }
        }
        return await downloader.FetchAsync(download, listener, cancellation);
    }

    private static void Report(IProgress<WriteProgress>? progress, long bytes, long total) =>
        progress?.Report(new WriteProgress(bytes, total));

    private sealed class Listener(Action<DownloadProgress> listen) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => listen(value);
    }
}
