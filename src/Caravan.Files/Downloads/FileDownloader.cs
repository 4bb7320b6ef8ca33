using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Caravan.Files.Downloads;

/// <summary>
/// Fetches files over HTTP. What was cut off goes on where it stopped, in this run and in the next; a file takes its
/// name only when size and hash are right; passing failures are waited out. Nothing is sent but the request itself and,
/// to the hub only, an access token.
/// </summary>
public sealed partial class FileDownloader
{
    private readonly HttpRequests _requests;
    private readonly RetryPolicy _retry;

    /// <param name="http">See <see cref="CreateClient"/>; one that follows redirects hides them from us.</param>
    public FileDownloader(HttpClient http, HubAccess hub, RetryPolicy? retry = null)
    {
        _retry = retry ?? new RetryPolicy();
        _requests = new HttpRequests(http, hub, _retry.Silence);
    }

    /// <summary>Told why a transfer stands still, and when it is tried again; from any thread.</summary>
    public Action<string> OnTrouble { get; init; } = _ => { };

    /// <summary>A client that leaves redirects and time limits to the downloader.</summary>
    public static HttpClient CreateClient()
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(20),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10), // so that a change in DNS is noticed
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("caravan");
        return http;
    }

    /// <summary>Bytes of a file that an earlier run left, under the name that it has until it is whole.</summary>
    public static long BytesLeftOf(string path) =>
        new FileInfo(path + PartialFile.Suffix) is { Exists: true, Length: var length } ? length : 0;

    /// <summary>Measures the file that stands at the download's path already; null if it is another one.</summary>
    public static async Task<LockedFile?> RecogniseAsync(Download file, CancellationToken cancellation)
    {
        if (file.Bytes is { } bytes && new FileInfo(file.Path).Length != bytes)
            return null;
        using var hashes = new ContentHashes(file);
        await using var stream = File.OpenRead(file.Path);
        await hashes.AppendAsync(stream, cancellation);
        return hashes.FindFault() is null ? new LockedFile(file.Url, hashes.Length, hashes.Sha256) : null;
    }

    /// <summary>Fetches one file, or the rest of it, and gives it its name.</summary>
    /// <exception cref="BadInputException">It is not to be had, or not what was expected; the message says what to do.
    /// </exception>
    public async Task<LockedFile> FetchAsync(
        Download file, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var part = await PartialFile.OpenAsync(file, cancellation);
        return await InsistAsync(
            async () =>
            {
                if (part.Length != file.Bytes || file.Bytes == 0)
                    await ReceiveAsync(file, part, progress, cancellation);
                Check(file, part);
                return part.Accept();
            },
            () => part.Length,
            cancellation);
    }

    /// <summary>Reads an answer of at most <paramref name="maxBytes"/> as UTF-8 text.</summary>
    /// <exception cref="BadInputException">The server refuses, or says too much.</exception>
    public Task<HttpText> ReadAsync(string url, int maxBytes, string? page, CancellationToken cancellation = default) =>
        InsistAsync(
            async () =>
            {
                using var response = await _requests.GetAsync(url, page, cancellation);
                using var text = new MemoryStream();
                await CopyAsync(response, url, bytes =>
                {
                    if (text.Length + bytes.Length > maxBytes)
                        throw new BadInputException($"{url}: the answer is longer than {ByteSize.Format(maxBytes)}.");
                    text.Write(bytes.Span);
                    return ValueTask.CompletedTask;
                }, cancellation);
                return new HttpText(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length), NextPage(response));
            },
            () => 0,
            cancellation);

    private async Task<T> InsistAsync<T>(
        Func<Task<T>> attempt, Func<long> bytes, CancellationToken cancellation)
    {
        var (failures, before) = (0, bytes());
        while (true)
        {
            try
            {
                return await attempt();
            }
            catch (TransferException e)
            {
                var after = bytes();
                failures = after > before ? 1 : failures + 1;
                before = after;
                var wait = _retry.Wait(failures, e.Wait);
                if (failures >= _retry.Attempts || wait > _retry.LongestWait)
                {
                    var asked = wait > _retry.LongestWait ? $" It asks to wait {wait.TotalSeconds:0} s." : "";
                    throw new BadInputException($"{e.Message}{asked} Try again later; it goes on where it stopped.", e);
                }
                OnTrouble($"{e.Message} Trying again in {wait.TotalSeconds:0} s.");
                await Task.Delay(wait, cancellation);
            }
        }
    }

    private async Task ReceiveAsync(
        Download file, PartialFile part, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        using var response = await _requests.GetAsync(file.Url, file.Page, cancellation, part.Length, part.Validator);
        var range = response.Content.Headers.ContentRange;
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable ||
            (response.StatusCode == HttpStatusCode.PartialContent && range?.From != part.Length))
        {
            // What is there is not the beginning of what the server has.
            part.Restart(null);
            throw new TransferException($"{file.Url}: the server cannot go on from there.", wait: TimeSpan.Zero);
        }
        RefusePage(response, file);
        var begins = response.StatusCode != HttpStatusCode.PartialContent;
        var total = range?.Length ?? (begins ? 0 : part.Length) + response.Content.Headers.ContentLength;
        if (total is { } whole && file.Bytes is { } expected && whole != expected)
        {
            throw new BadInputException(
                $"{file.Url}: the server has {whole} bytes where {expected} were expected. Is it being changed? Try " +
                "again.");
        }
        // Only now: an answer that is refused must not cost what is there.
        if (begins)
            part.Restart(response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : null);
        if (total is { } size)
            DiskSpace.Require(part.Path, size - part.Length);
        var name = Path.GetFileName(file.Path);
        await CopyAsync(response, file.Url, async bytes =>
        {
            if (part.Length + bytes.Length > (total ?? file.Bytes ?? long.MaxValue))
                throw new BadInputException($"{file.Url}: more bytes came than the server had announced. Try again.");
            await part.AppendAsync(bytes, cancellation);
            progress?.Report(new DownloadProgress(name, part.Length, total ?? file.Bytes));
        }, cancellation);
        if (part.Length < (total ?? file.Bytes))
            throw new TransferException($"{file.Url}: {part.Length} bytes came of {total ?? file.Bytes}.");
    }

    private async Task CopyAsync(
        HttpResponseMessage response, string url, Func<ReadOnlyMemory<byte>, ValueTask> write,
        CancellationToken cancellation)
    {
        var buffer = new byte[1 << 17];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var input = await response.Content.ReadAsStreamAsync(cancellation);
        while (true)
        {
            int read;
            try
            {
                patience.CancelAfter(_retry.Silence);
                read = await input.ReadAsync(buffer, patience.Token);
            }
            catch (Exception e) when (e is HttpIOException or IOException or HttpRequestException)
            {
                throw new TransferException($"{url}: the connection was cut.", e);
            }
            catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
            {
                throw new TransferException($"{url}: nothing came for {_retry.Silence.TotalSeconds:0.#} s.", e);
            }
            if (read == 0)
                return;
            await write(buffer.AsMemory(0, read));
        }
    }

    private static void Check(Download file, PartialFile part)
    {
        if (part.Head(26).AsSpan().SequenceEqual("version https://git-lfs.gi"u8))
        {
            part.Discard();
            throw new BadInputException(
                $"{file.Url}: the server gave a Git LFS pointer, not the data itself. On the hub, addresses of data " +
                "have /resolve/ in them, not /raw/.");
        }
        if (part.FindFault() is not { } fault)
            return;
        var message = $"{file.Url}: not the file that was expected: {fault}.";
        if (part.IsNew)
        {
            part.Discard();
            throw new BadInputException($"{message} Try again later, or another endpoint.");
        }
        // Once more from the first byte: what an earlier run had left may have been the beginning of something else.
        part.Restart(null);
        throw new TransferException(message, wait: TimeSpan.Zero);
    }

    // A portal that wants a login, or a site's own page about the file, comes as a page and with status 200.
    private static void RefusePage(HttpResponseMessage response, Download file)
    {
        if (response.Content.Headers.ContentType?.MediaType == "text/html" &&
            Path.GetExtension(file.Path) is not (".html" or ".htm"))
        {
            throw new BadInputException(
                $"{file.Url}: the server gave an HTML page instead of the file. Open the address in a browser to see " +
                "what it wants, or put the file into place by hand.");
        }
    }

    private static string? NextPage(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Link", out var links) && NextLink().Match(string.Join(", ", links)) is
        { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex("""<([^>]+)>\s*;[^,]*\brel="?next\b""")]
    private static partial Regex NextLink();
}
