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

    /// <summary>Fetches a dataset's files into a folder.</summary>
    /// <param name="only">The names of those that are wanted; null for all but the optional ones.</param>
    /// <returns>The files' paths.</returns>
    /// <exception cref="BadInputException">A file is not to be had; the message says what to do.</exception>
    public async Task<IReadOnlyList<string>> FetchAsync(
        DatasetCard card, string folder, IReadOnlyCollection<string>? only = null,
        IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        var files = Choose(card, folder, only);
        Directory.CreateDirectory(folder);
        var paths = new List<string>();
        foreach (var file in files)
            paths.Add(await FetchAsync(file, folder, card.Homepage, progress, cancellation));
        return paths;
    }

    private static List<RemoteFile> Choose(DatasetCard card, string folder, IReadOnlyCollection<string>? only)
    {
        if (card.Files.Count == 0)
        {
            throw new BadInputException(
                $"Dataset {card.Slug}: the addresses of its files are not known here, because they are many and " +
                $"change. Download them from {card.Homepage} into {folder}.");
        }
        var stranger = only?.FirstOrDefault(name => !card.Files.Any(file => file.Name == name));
        if (stranger is not null)
        {
            throw new BadInputException(
                $"Dataset {card.Slug} has no file \"{stranger}\"; it has " +
                $"{string.Join(", ", card.Files.Select(file => file.Name))}.");
        }
        return [.. card.Files.Where(file => only is null ? !file.Optional : only.Contains(file.Name))];
    }

    /// <summary>Fetches one file, unless it is there already and is what was fetched.</summary>
    public async Task<string> FetchAsync(
        RemoteFile file, string folder, string homepage, IProgress<DownloadProgress>? progress,
            CancellationToken cancellation)
    {
        var path = Path.Combine(folder, file.Name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var known = DownloadLock.Load(folder);
        if (File.Exists(path))
        {
            Verify(path, known.GetValueOrDefault(file.Name));
            return path;
        }
        known[file.Name] = await _files.FetchAsync(
            new Download(file.Url, path) { Page = homepage }, progress, cancellation);
        DownloadLock.Save(folder, known);
        return path;
    }

    private static void Verify(string path, LockedFile? locked)
    {
        if (locked is null)
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
