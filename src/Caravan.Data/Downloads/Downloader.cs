using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Caravan.Data.Conversion;
using Caravan.Files;

namespace Caravan.Data.Downloads;

/// <summary>
/// Fetches raw files over HTTPS. A download that was cut off goes on where it stopped; a file takes its name only when
/// its size is right; its SHA-256 stands in <c>downloads.lock.json</c> beside it and is checked when the file is used
/// again. Nothing is sent but the request itself and, to the hub only, an access token.
/// </summary>
/// <param name="http">The client; redirects are its business.</param>
/// <param name="token">The hub's access token, for gated files.</param>
/// <param name="endpoint">A mirror to use in place of <c>https://huggingface.co</c>.</param>
public sealed class Downloader(HttpClient http, string? token = null, string? endpoint = null)
{
    private const string Hub = "https://huggingface.co";

    /// <summary>Fetches a dataset's files, without the optional ones, into a folder.</summary>
    /// <returns>The files' paths.</returns>
    /// <exception cref="BadInputException">A file is not to be had; the message says what to do.</exception>
    public async Task<IReadOnlyList<string>> FetchAsync(
        DatasetCard card, string folder, IProgress<DownloadProgress>? progress = null,
            CancellationToken cancellation = default)
    {
        Directory.CreateDirectory(folder);
        var paths = new List<string>();
        foreach (var file in card.Files.Where(file => !file.Optional))
            paths.Add(await FetchAsync(file, folder, card.Homepage, progress, cancellation));
        return paths;
    }

    /// <summary>Fetches one file, unless it is there already and is what was fetched.</summary>
    public async Task<string> FetchAsync(
        RemoteFile file, string folder, string homepage, IProgress<DownloadProgress>? progress,
            CancellationToken cancellation)
    {
        var path = Path.Combine(folder, file.Name);
        var known = DownloadLock.Load(folder);
        if (File.Exists(path))
        {
            Verify(path, known);
            return path;
        }
        var part = path + ".part";
        var done = File.Exists(part) ? new FileInfo(part).Length : 0;
        using var response = await SendAsync(file, done, cancellation);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && done > 0)
        {
            // What is there is as long as the file or longer, so it is not the beginning of it.
            File.Delete(part);
            return await FetchAsync(file, folder, homepage, progress, cancellation);
        }
        RequireSuccess(response, file, homepage);
        var resumed = response.StatusCode == HttpStatusCode.PartialContent &&
            response.Content.Headers.ContentRange?.From == done;
        await CopyAsync(response, file, part, resumed ? done : 0, progress, cancellation);
        RefusePointer(part, file);
        File.Move(part, path);
        known[file.Name] = new LockedFile(file.Url, new FileInfo(path).Length, Hash(path));
        DownloadLock.Save(folder, known);
        return path;
    }

    private async Task<HttpResponseMessage> SendAsync(RemoteFile file, long from, CancellationToken cancellation)
    {
        var onHub = file.Url.StartsWith(Hub + "/", StringComparison.Ordinal);
        var url = onHub && endpoint is not null ? endpoint.TrimEnd('/') + file.Url[Hub.Length..] : file.Url;
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (from > 0)
            request.Headers.Range = new RangeHeaderValue(from, null);
        if (onHub && token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException exception)
        {
            throw new BadInputException(
                $"{url}: no connection: {exception.Message} Try again; it goes on where it stopped.", exception);
        }
    }

    private void RequireSuccess(HttpResponseMessage response, RemoteFile file, string homepage)
    {
        if (response.IsSuccessStatusCode)
            return;
        var status = $"{file.Url}: the server answered {(int)response.StatusCode}";
        throw new BadInputException(response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when token is null =>
                $"{status}. The file needs an access token: accept the terms on {homepage} and set HF_TOKEN.",
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                $"{status} to the access token. Accept the terms on {homepage} with the account that the token is of.",
            HttpStatusCode.NotFound =>
                $"{status}: it is not there any more. See {homepage}, and put the file into place by hand.",
            _ => $"{status}. Try again later; a download goes on where it stopped.",
        });
    }

    private static async Task CopyAsync(
        HttpResponseMessage response, RemoteFile file, string part, long done, IProgress<DownloadProgress>? progress,
        CancellationToken cancellation)
    {
        var total = response.Content.Headers.ContentLength is { } left ? done + left : (long?)null;
        if (total is { } bytes)
            DiskSpace.Require(part, bytes - done);
        await using var output = new FileStream(part, done > 0 ? FileMode.Append : FileMode.Create, FileAccess.Write);
        try
        {
            await using var input = await response.Content.ReadAsStreamAsync(cancellation);
            var buffer = new byte[1 << 17];
            for (int read; (read = await input.ReadAsync(buffer, cancellation)) > 0;)
            {
                await output.WriteAsync(buffer.AsMemory(0, read), cancellation);
                done += read;
                progress?.Report(new DownloadProgress(file.Name, done, total));
            }
        }
        catch (Exception exception) when (exception is HttpIOException or IOException)
        {
            throw new BadInputException(
                $"{file.Url}: the connection was cut after {ByteSize.Format(done)}. Try again; it goes on where it stopped.",
                exception);
        }
        output.Flush(flushToDisk: true);
        if (total is { } expected && done != expected)
        {
            throw new BadInputException(
                $"{file.Url}: {done} bytes came of {expected}. Try again; it goes on where it stopped.");
        }
    }

    private static void RefusePointer(string part, RemoteFile file)
    {
        Span<byte> head = stackalloc byte[26];
        using (var stream = File.OpenRead(part))
        {
            if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length ||
                !head.SequenceEqual("version https://git-lfs.gi"u8))
            {
                return;
            }
        }
        File.Delete(part);
        throw new BadInputException(
            $"{file.Url}: the server gave a Git LFS pointer, not the data itself. On the hub, addresses of data have " +
            "/resolve/ in them, not /raw/.");
    }

    private static void Verify(string path, SortedDictionary<string, LockedFile> known)
    {
        if (!known.TryGetValue(Path.GetFileName(path), out var locked))
            return;
        var length = new FileInfo(path).Length;
        if (length != locked.Bytes || Hash(path) != locked.Sha256)
        {
            throw new BadInputException(
                $"{path}: the file is not the one that was fetched from {locked.Url} ({locked.Bytes} bytes, SHA-256 " +
                $"{locked.Sha256}). Delete it to fetch it again.");
        }
    }

    private static string Hash(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
