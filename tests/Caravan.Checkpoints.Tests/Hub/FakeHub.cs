using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Caravan.Files.Tests.Downloads;

namespace Caravan.Checkpoints.Tests.Hub;

/// <summary>
/// A hub with one repository, on loopback: the API for commits and files with pages of three entries, small files from
/// itself, large ones from a second server to which it redirects.
/// </summary>
internal sealed class FakeHub : IDisposable
{
    public const string Id = "owner/model", Commit = "0123456789abcdef0123456789abcdef01234567";

    private const int PageSize = 3;

    private readonly LoopbackServer _api, _storage;

    public FakeHub()
    {
        _api = new LoopbackServer(Answer);
        _storage = new LoopbackServer(context =>
            (AnswerLarge ?? ((request, data) => LoopbackServer.Send(request, data, etag: "\"1\"")))(
                context, Files[Uri.UnescapeDataString(context.Request.Url!.AbsolutePath)[1..]]));
    }

    public string Address => _api.Address;

    public IEnumerable<LoopbackServer.Request> Requests => _api.Requests;

    public IEnumerable<LoopbackServer.Request> StorageRequests => _storage.Requests;

    /// <summary>What the repository holds; names that end in .safetensors, .bin or .model are in large-file storage.
    /// </summary>
    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Changes an entry of the list of files.</summary>
    public Action<JsonObject> Falsify { get; set; } = _ => { };

    /// <summary>Sends a large file in a way of its own.</summary>
    public Action<HttpListenerContext, byte[]>? AnswerLarge { get; set; }

    /// <summary>An answer for every request, in place of the usual ones.</summary>
    public Action<HttpListenerContext>? Refuse { get; set; }

    public void Add(string path, string text) => Files[path] = Encoding.UTF8.GetBytes(text);

    /// <summary>Adds a folder's files.</summary>
    public void AddFolder(string folder)
    {
        foreach (var file in Directory.GetFiles(folder))
            Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
    }

    public void Dispose()
    {
        _api.Dispose();
        _storage.Dispose();
    }

    private static bool IsLarge(string path) => Path.GetExtension(path) is ".safetensors" or ".bin" or ".model";

    private void Answer(HttpListenerContext context)
    {
        var path = Uri.UnescapeDataString(context.Request.Url!.AbsolutePath);
        var resolve = $"/{Id}/resolve/{Commit}/";
        if (Refuse is not null)
            Refuse(context);
        else if (path.StartsWith($"/api/models/{Id}/revision/", StringComparison.Ordinal))
            Send(context, new JsonObject { ["sha"] = Commit, ["id"] = Id });
        else if (path == $"/api/models/{Id}/tree/{Commit}" && context.Request.QueryString["recursive"] == "true")
            SendPage(context, int.Parse(context.Request.QueryString["cursor"] ?? "0"));
        else if (path.StartsWith(resolve, StringComparison.Ordinal)
            && Files.TryGetValue(path[resolve.Length..], out var data))
        {
            var file = path[resolve.Length..];
            if (IsLarge(file))
                context.Response.Redirect($"{_storage.Address}/{Uri.EscapeDataString(file)}");
            else
                LoopbackServer.Send(context, data);
        }
        else
        {
            context.Response.StatusCode = 404;
            context.Response.Headers["X-Error-Code"] = "RepoNotFound";
        }
    }

    private void SendPage(HttpListenerContext context, int from)
    {
        var folder = new JsonObject { ["type"] = "directory", ["oid"] = "", ["size"] = 0, ["path"] = "original" };
        List<JsonNode> entries = [folder, .. Files.Select(file => Describe(file.Key, file.Value))];
        if (from + PageSize < entries.Count)
        {
            context.Response.Headers["Link"] =
                $"<{Address}/api/models/{Id}/tree/{Commit}?recursive=true&cursor={from + PageSize}>; rel=\"next\"";
        }
        Send(context, new JsonArray([.. entries.Skip(from).Take(PageSize)]));
    }

    private JsonObject Describe(string path, byte[] data)
    {
        byte[] blob = [.. Encoding.ASCII.GetBytes($"blob {data.Length}\0"), .. data];
#pragma warning disable CA5350 // Git's hash
        var oid = Convert.ToHexStringLower(SHA1.HashData(blob));
#pragma warning restore CA5350
        var entry = new JsonObject { ["type"] = "file", ["oid"] = oid, ["size"] = data.Length, ["path"] = path };
        if (IsLarge(path))
        {
            entry["lfs"] = new JsonObject
            {
                ["oid"] = Convert.ToHexStringLower(SHA256.HashData(data)),
                ["size"] = data.Length,
                ["pointerSize"] = 134,
            };
        }
        Falsify(entry);
        return entry;
    }

    private static void Send(HttpListenerContext context, JsonNode json) =>
        LoopbackServer.Send(context, Encoding.UTF8.GetBytes(json.ToJsonString()));
}
