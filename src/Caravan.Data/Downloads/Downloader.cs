using System.Security.Cryptography;
using Caravan.Data.Conversion;
using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Data.Downloads;

/// <summary>
/// Fetches datasets' raw files with the <see cref="FileDownloader"/>. Nothing is known about them beforehand, so their
/// SHA-256 goes into <c>downloads.lock.json</c> beside them and is checked when a file is used again.
/// </summary>
/// <param name="http">See <see cref="FileDownloader.CreateClient"/>.</param>
/// <param name="token">The hub's access token, for gated files.</param>
/// <param name="endpoint">A mirror to use in place of <c>https://huggingface.co</c>.</param>
/// <param name="onTrouble">Told why a transfer stands still, and when it is tried again.</param>
public sealed class Downloader(
    HttpClient http, string? token = null, string? endpoint = null, Action<string>? onTrouble = null)
{
    private readonly FileDownloader _files = new(http, new HubAccess(endpoint, token))
    {
        OnTrouble = onTrouble ?? (_ => { }),
    };

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
        known[file.Name] = await _files.FetchAsync(
            new Download(file.Url, path) { Page = homepage }, progress, cancellation);
        DownloadLock.Save(folder, known);
        return path;
    }

    private static void Verify(string path, SortedDictionary<string, LockedFile> known)
    {
        if (!known.TryGetValue(Path.GetFileName(path), out var locked))
            return;
        using var stream = File.OpenRead(path);
        if (stream.Length != locked.Bytes || Convert.ToHexStringLower(SHA256.HashData(stream)) != locked.Sha256)
        {
            throw new BadInputException(
                $"{path}: the file is not the one that was fetched from {locked.Url} ({locked.Bytes} bytes, SHA-256 " +
                $"{locked.Sha256}). Delete it to fetch it again.");
        }
    }
}
