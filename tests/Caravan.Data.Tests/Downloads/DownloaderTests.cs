using System.Net;
using System.Text;
using Caravan.Data.Conversion;
using Caravan.Data.Downloads;
using Caravan.Files;

namespace Caravan.Data.Tests.Downloads;

public sealed class DownloaderTests : IDisposable
{
    private static readonly byte[] Data = Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i}\n")));

    private readonly TemporaryFolder _folder = new();
    private readonly HttpListener _server = new();
    private readonly HttpClient _http = new();
    private readonly string _address;
    private readonly List<string?> _ranges = [];
    private readonly List<string?> _tokens = [];
    private int _cutAfter = int.MaxValue;

    public DownloaderTests()
    {
        var port = FreePort();
        _address = $"http://127.0.0.1:{port}/";
        _server.Prefixes.Add(_address);
        _server.Start();
        _ = Task.Run(ServeAsync, TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        _server.Close();
        _http.Dispose();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        while (_server.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _server.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            Answer(context);
        }
    }

    private void Answer(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        _ranges.Add(request.Headers["Range"]);
        _tokens.Add(request.Headers["Authorization"]);
        switch (request.Url!.AbsolutePath)
        {
            case "/data.jsonl" or "/hub/resolve/data.jsonl":
                Send(request, response);
                break;
            case "/pointer.json":
                response.OutputStream.Write("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"u8);
                break;
            case "/moved.jsonl":
                response.Redirect(_address + "data.jsonl");
                break;
            case "/gated.jsonl":
                response.StatusCode = 401;
                break;
            default:
                response.StatusCode = 404;
                break;
        }
        try
        {
            response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or InvalidOperationException)
        {
            // The answer was cut off on purpose.
        }
    }

    private void Send(HttpListenerRequest request, HttpListenerResponse response)
    {
        var from = 0;
        if (request.Headers["Range"] is { } range)
        {
            from = int.Parse(range["bytes=".Length..^1]);
            if (from >= Data.Length)
            {
                response.StatusCode = 416;
                return;
            }
            response.StatusCode = 206;
            response.Headers["Content-Range"] = $"bytes {from}-{Data.Length - 1}/{Data.Length}";
        }
        response.ContentLength64 = Data.Length - from;
        var count = Math.Min(_cutAfter, Data.Length - from);
        response.OutputStream.Write(Data, from, count);
        if (count < Data.Length - from)
            response.Abort();
    }

    private Task<string> Fetch(string file, string? token = null, string? url = null, string? endpoint = null) =>
        new Downloader(_http, token, endpoint).FetchAsync(
            new RemoteFile(file, url ?? _address + file), _folder.Path, "https://page", null,
                TestContext.Current.CancellationToken);

    [Fact]
    public async Task Fetch_CutOff_GoesOnWhereItStopped()
    {
        _cutAfter = 100_000;
        var error = await Assert.ThrowsAsync<BadInputException>(() => Fetch("data.jsonl"));
        Assert.Contains("goes on where it stopped", error.Message);
        Assert.False(File.Exists(_folder.In("data.jsonl")));
        var there = new FileInfo(_folder.In("data.jsonl.part")).Length;
        Assert.InRange(there, 1, 100_000);
        _cutAfter = int.MaxValue;
        var path = await Fetch("data.jsonl");
        Assert.Equal(Data, File.ReadAllBytes(path));
        Assert.Equal([null, $"bytes={there}-"], _ranges);
        Assert.False(File.Exists(_folder.In("data.jsonl.part")));
    }

    [Fact]
    public async Task Fetch_Again_ChecksTheFileAndAsksNobody()
    {
        var path = await Fetch("data.jsonl");
        await Fetch("data.jsonl");
        Assert.Single(_ranges);
        File.AppendAllText(path, "x");
        var error = await Assert.ThrowsAsync<BadInputException>(() => Fetch("data.jsonl"));
        Assert.Contains("is not the one that was fetched", error.Message);
    }

    [Fact]
    public async Task Fetch_PartLongerThanTheFile_StartsAnew()
    {
        _folder.Write("data.jsonl.part", new byte[Data.Length + 5]);
        Assert.Equal(Data, File.ReadAllBytes(await Fetch("data.jsonl")));
    }

    [Fact]
    public async Task Fetch_Redirected_Follows() => Assert.Equal(Data, File.ReadAllBytes(await Fetch("moved.jsonl")));

    [Fact]
    public async Task Fetch_OnTheHub_UsesMirrorAndToken_ElsewhereNeither()
    {
        await Fetch("a.jsonl", "secret", "https://huggingface.co/resolve/data.jsonl", _address + "hub/");
        await Fetch("data.jsonl", "secret");
        Assert.Equal(["Bearer secret", null], _tokens);
    }

    [Theory]
    [InlineData("gated.jsonl", null, "needs an access token: accept the terms on https://page and set HF_TOKEN.")]
    [InlineData("gated.jsonl", "t", "with the account that the token is of.")]
    [InlineData("none.jsonl", null, "404: it is not there any more. See https://page")]
    [InlineData("pointer.json", null, "a Git LFS pointer")]
    public async Task Fetch_NotToBeHad_SaysWhatToDo(string file, string? token, string message)
    {
        Assert.Contains(message, (await Assert.ThrowsAsync<BadInputException>(() => Fetch(file, token))).Message);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }
}
