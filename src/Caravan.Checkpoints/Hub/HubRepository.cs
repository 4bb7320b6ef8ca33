using System.Text.Json;
using System.Text.RegularExpressions;
using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Checkpoints;

/// <summary>
/// Asks the hub what a model repository holds, by its HTTP API: <c>/api/models/ID/revision/REVISION</c> for the commit,
/// <c>/api/models/ID/tree/COMMIT?recursive=true</c> for the files, page by page. Answers are not trusted: they are
/// bounded, and paths that lead out of the repository are refused.
/// </summary>
public static partial class HubRepository
{
    private const int LargestAnswer = 32 << 20, MostPages = 200, MostFiles = 100_000, LongestPath = 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Lists the files of a revision.</summary>
    /// <param name="id"><c>owner/name</c>.</param>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <exception cref="BadInputException">The id is none, the hub refuses, or its answer cannot be used.</exception>
    public static async Task<HubSnapshot> ListAsync(
        FileDownloader files, string id, string revision, CancellationToken cancellation = default)
    {
        if (!IdPattern().IsMatch(id) || id.Contains("..", StringComparison.Ordinal))
        {
            throw new BadInputException(
                $"'{id}' is not a repository of the hub: expected owner/name, such as allenai/tulu-7b.");
        }
        var page = $"{HubAccess.Home}/{id}";
        var api = $"{HubAccess.Home}/api/models/{id}";
        var about = $"{api}/revision/{Uri.EscapeDataString(revision)}";
        var commit = ReadCommit(about, (await files.ReadAsync(about, LargestAnswer, page, cancellation)).Text);
        var found = new List<HubFile>();
        var address = $"{api}/tree/{commit}?recursive=true";
        for (var pages = 0; address is not null; pages++)
        {
            if (pages == MostPages || found.Count > MostFiles)
                throw new BadInputException($"{page}: the repository has more than {found.Count} files.");
            var answer = await files.ReadAsync(address, LargestAnswer, page, cancellation);
            found.AddRange(ReadFiles(address, answer.Text));
            address = answer.Next;
        }
        RequireDistinct(page, found);
        return new HubSnapshot(id, commit, found);
    }

    /// <summary>Whether a path of a repository stays inside the folder that it is appended to.</summary>
    internal static bool IsSafe(string path) =>
        path.Length is > 0 and <= LongestPath && !path.Any(c => char.IsControl(c) || c == '\\') &&
        path.Split('/').All(name => name is not ("" or "." or "..")) &&
        path != DownloadLock.FileName;

    private static string ReadCommit(string address, string text) => Read(address, text, root =>
        root.GetProperty("sha").GetString() is { } sha && Sha1Pattern().IsMatch(sha)
            ? sha
            : throw new FormatException("sha is not a commit."));

    private static List<HubFile> ReadFiles(string address, string text) => Read(address, text, root =>
        root.EnumerateArray()
            .Where(entry => entry.GetProperty("type").GetString() == "file")
            .Select(ReadFile)
            .ToList());

    private static HubFile ReadFile(JsonElement entry)
    {
        var path = entry.GetProperty("path").GetString() ?? "";
        if (!IsSafe(path))
        {
            throw new FormatException(
                $"the path \"{JsonEncodedText.Encode(path)}\" leads out of the repository or has characters that are " +
                "not allowed.");
        }
        if (!entry.TryGetProperty("lfs", out var lfs) || lfs.ValueKind != JsonValueKind.Object)
            return new HubFile(path, Size(entry), null, Hash(entry, Sha1Pattern()));
        return new HubFile(path, Size(lfs), Hash(lfs, Sha256Pattern()), null);

        long Size(JsonElement of) => of.GetProperty("size").GetInt64() is >= 0 and var size
            ? size
            : throw new FormatException($"the size of {path} is negative.");

        string Hash(JsonElement of, Regex pattern) =>
            of.GetProperty("oid").GetString() is { } oid && pattern.IsMatch(oid)
                ? oid
                : throw new FormatException($"the oid of {path} is not a hash.");
    }

    private static T Read<T>(string address, string text, Func<JsonElement, T> read)
    {
        try
        {
            using var json = JsonDocument.Parse(text, Strict);
            return read(json.RootElement);
        }
        catch (Exception e) when (
            e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new BadInputException(
                $"{address}: this is not an answer of the hub's API: {e.Message} Check the endpoint (HF_ENDPOINT).", e);
        }
    }

    private static void RequireDistinct(string page, List<HubFile> files)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        // While a file is fetched it has another name, which no other file may have.
        var taken = files.Find(file => !paths.Add(file.Path)) ?? files.Find(file =>
            paths.Contains(file.Path + ".part") || paths.Contains(file.Path + ".part.etag"));
        if (taken is not null)
            throw new BadInputException($"{page}: two files would be written to {taken.Path}.");
    }

    [GeneratedRegex(@"^[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}$", RegexOptions.ECMAScript)]
    private static partial Regex IdPattern();

    [GeneratedRegex("^[0-9a-f]{40}$")]
    private static partial Regex Sha1Pattern();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Sha256Pattern();
}
