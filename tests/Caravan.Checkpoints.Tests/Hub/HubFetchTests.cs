using Caravan.Files;
using Caravan.Files.Downloads;
using Caravan.Files.Tests.Downloads;

namespace Caravan.Checkpoints.Tests.Hub;

public sealed class HubFetchTests : IDisposable
{
    private readonly FakeHub _hub = new();
    private readonly HttpClient _http = FileDownloader.CreateClient();
    private readonly TemporaryFolder _folder = new();
    private readonly Reports _reports = new();

    public HubFetchTests()
    {
        _hub.Add("config.json", "{}");
        for (var i = 1; i <= 6; i++)
            _hub.Files[$"model-{i}.safetensors"] = [.. Enumerable.Range(0, 300_000).Select(n => (byte)(n * i))];
        _hub.Add("sub/vocab.txt", "words");
    }

    public void Dispose()
    {
        _hub.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    private async Task Fetch(bool overwrite = false, CancellationToken cancellation = default)
    {
        var downloader = new FileDownloader(_http, new HubAccess(_hub.Address, "secret"), new RetryPolicy
        {
            Attempts = 2,
            FirstWait = TimeSpan.FromMilliseconds(1),
        });
        var snapshot = await HubRepository.ListAsync(downloader, FakeHub.Id, "main", cancellation);
        await new HubFetch(downloader, snapshot, _folder.Path) { Overwrite = overwrite, Workers = 3 }
            .RunAsync(snapshot.Files, _reports, cancellation);
    }

    private void AssertWhole()
    {
        Assert.All(_hub.Files, file => Assert.Equal(file.Value, File.ReadAllBytes(_folder[file.Key])));
        var there = Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_folder.Path, path));
        Assert.Equal([.. _hub.Files.Keys, DownloadLock.FileName], there.Order(StringComparer.Ordinal).ToHashSet());
    }

    [Fact]
    public async Task Run_WholeRepository_IsFetchedCheckedAndRecorded()
    {
        await Fetch();
        AssertWhole();
        var total = _hub.Files.Values.Sum(data => (long)data.Length);
        Assert.Equal(new WriteProgress(total, total), _reports.All[^1]);
        var locked = DownloadLock.Load(_folder.Path)["sub/vocab.txt"];
        Assert.Equal($"https://huggingface.co/owner/model/resolve/{FakeHub.Commit}/sub/vocab.txt", locked.Url);
        Assert.All(_hub.Requests, request => Assert.Equal("Bearer secret", request.Authorization));
        Assert.All(_hub.StorageRequests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public async Task Run_Again_ChecksAndFetchesNothing()
    {
        await Fetch();
        var asked = _hub.Requests.Count(request => request.Path.Contains("/resolve/"));
        await Fetch();
        AssertWhole();
        Assert.Equal(asked, _hub.Requests.Count(request => request.Path.Contains("/resolve/")));
    }

    [Fact]
    public async Task Run_CutConnections_GoOnUntilAllIsThere()
    {
        _hub.AnswerLarge = (context, data) => LoopbackServer.Send(context, data, cutAfter: 140_000, etag: "\"1\"");
        await Fetch();
        AssertWhole();
        Assert.Contains(_hub.StorageRequests, request => request.Range is not null && request.IfRange == "\"1\"");
    }

    [Fact]
    public async Task Run_InterruptedAndRunAgain_GoesOn()
    {
        using var stop = new CancellationTokenSource();
        _hub.AnswerLarge = (context, data) =>
        {
            context.Response.ContentLength64 = data.Length;
            context.Response.OutputStream.Write(data, 0, 200_000);
            context.Response.OutputStream.Flush();
            // Only what has been received can be there after the interruption.
            SpinWait.SpinUntil(() => PartialFiles().Any(file => file.Length > 0), TimeSpan.FromSeconds(10));
            Thread.Sleep(200);
            stop.Cancel();
            Thread.Sleep(200);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Fetch(cancellation: stop.Token));
        Assert.NotEmpty(PartialFiles());
        _hub.AnswerLarge = null;
        await Fetch();
        AssertWhole();
        Assert.Contains(_hub.StorageRequests, request => request.Range == "bytes=200000-");
    }

    [Fact]
    public async Task Run_OneWrongFile_IsRefusedAndLeavesNothingOfIt()
    {
        _hub.AnswerLarge = (context, data) => LoopbackServer.Send(
            context, context.Request.RawUrl == "/model-4.safetensors" ? new byte[data.Length] : data);
        var error = await Assert.ThrowsAsync<BadInputException>(() => Fetch());
        Assert.Contains("model-4.safetensors: not the file that was expected: its SHA-256 is", error.Message);
        Assert.Empty(Directory.GetFiles(_folder.Path, "model-4*"));
        _hub.AnswerLarge = null;
        await Fetch();
        AssertWhole();
    }

    [Theory]
    [InlineData("config.json", "[]")]
    [InlineData("sub/vocab.txt", "other words")]
    public async Task Run_AnotherFileInTheWay_IsRefusedUnlessToBeReplaced(string path, string text)
    {
        Directory.CreateDirectory(_folder["sub"]);
        File.WriteAllText(_folder[path], text);
        var error = await Assert.ThrowsAsync<BadInputException>(() => Fetch());
        Assert.Contains($"{path}: the file is not the one that owner/model has at 0123456789ab", error.Message);
        Assert.Equal(text, File.ReadAllText(_folder[path]));
        await Fetch(overwrite: true);
        AssertWhole();
    }

    [Fact]
    public async Task Run_MoreThanTheDiskHolds_IsRefusedBeforeItBegins()
    {
        _hub.Falsify = entry =>
        {
            if (entry["lfs"] is { } lfs)
                lfs["size"] = 1L << 60;
        };
        Assert.Contains("not enough space", (await Assert.ThrowsAsync<BadInputException>(() => Fetch())).Message);
        Assert.Empty(_hub.StorageRequests);
    }

    private FileInfo[] PartialFiles() => new DirectoryInfo(_folder.Path).GetFiles("*.part");

    private sealed class Reports : IProgress<WriteProgress>
    {
        public List<WriteProgress> All { get; } = [];

        public void Report(WriteProgress value) => All.Add(value);
    }
}
