using System.Net;
using System.Security.Cryptography;
using System.Text;
using Caravan.Files.Downloads;

namespace Caravan.Files.Tests.Downloads;

public sealed class FileDownloaderTests : IDisposable
{
    private static readonly byte[] Data = Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i}\n")));

    private static readonly RetryPolicy Impatient = new()
    {
        Attempts = 3,
        FirstWait = TimeSpan.FromMilliseconds(1),
        Silence = TimeSpan.FromSeconds(5),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-").FullName;
    private readonly HttpClient _http = FileDownloader.CreateClient();
    private readonly LoopbackServer _server;
    private readonly Reports _reports = new();
    private readonly List<string> _troubles = [];
    private Action<HttpListenerContext> _answer = context => LoopbackServer.Send(context, Data);

    public FileDownloaderTests() => _server = new LoopbackServer(context => _answer(context));

    private string Target => Path.Combine(_folder, "model.bin");

    private string Part => Target + ".part";

    private static string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Data));

    public void Dispose()
    {
        _server.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<LockedFile> Fetch(
        string path = "/model.bin", RetryPolicy? retry = null, HubAccess? hub = null, long? bytes = null,
        string? sha256 = null, string? blob = null)
    {
        var downloader = new FileDownloader(_http, hub ?? new HubAccess(), retry ?? Impatient)
        {
            OnTrouble = _troubles.Add,
        };
        return await downloader.FetchAsync(
            new Download(_server.Address + path, Target)
            {
                Bytes = bytes,
                Sha256 = sha256,
                GitBlobSha1 = blob,
                Page = "https://page",
            },
            _reports, TestContext.Current.CancellationToken);
    }

    private async Task<string> Fail(
        string path = "/model.bin", RetryPolicy? retry = null, HubAccess? hub = null, long? bytes = null,
        string? sha256 = null, string? blob = null) =>
        (await Assert.ThrowsAsync<BadInputException>(() => Fetch(path, retry, hub, bytes, sha256, blob))).Message;

    private void AssertWhole()
    {
        Assert.Equal(Data, File.ReadAllBytes(Target));
        Assert.Equal([Target], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Fetch_WholeFile_IsCheckedAndMeasured()
    {
        var locked = await Fetch(bytes: Data.Length, sha256: Sha256);
        Assert.Equal(new LockedFile(_server.Address + "/model.bin", Data.Length, Sha256), locked);
        AssertWhole();
        Assert.Equal(new DownloadProgress("model.bin", Data.Length, Data.Length), _reports.All[^1]);
    }

    [Fact]
    public async Task Fetch_CutAgainAndAgain_GoesOnWhereItStopped()
    {
        _answer = context => LoopbackServer.Send(context, Data, cutAfter: 150_000, etag: "\"v1\"");
        await Fetch(sha256: Sha256);
        AssertWhole();
        var requests = _server.Requests.ToList();
        Assert.True(requests.Count > 3, "more cuts than failures in a row are allowed");
        Assert.All(requests.Skip(1), request => Assert.StartsWith("bytes=", request.Range));
        Assert.All(requests.Skip(1), request => Assert.Equal("\"v1\"", request.IfRange));
        Assert.Contains(_troubles, trouble => trouble.Contains("cut"));
    }

    [Fact]
    public async Task Fetch_NothingEverComes_GivesUpAndSaysSo()
    {
        _answer = context => LoopbackServer.Send(context, Data, cutAfter: 0);
        Assert.Contains("Try again later; it goes on where it stopped.", await Fail());
        Assert.Equal(3, _server.Requests.Count);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Fetch_InASecondRun_GoesOnWithTheETagOfTheFirst()
    {
        _answer = context => LoopbackServer.Send(context, Data, cutAfter: 100_000, etag: "\"v1\"");
        await Fail(retry: Impatient with { Attempts = 1 });
        var there = new FileInfo(Part).Length;
        Assert.InRange(there, 1, 100_000);
        _answer = context => LoopbackServer.Send(context, Data, etag: "\"v1\"");
        await Fetch();
        AssertWhole();
        Assert.Equal(($"bytes={there}-", "\"v1\""), (_server.Requests.Last().Range, _server.Requests.Last().IfRange));
    }

    [Fact]
    public async Task Fetch_FileChangedBetweenRuns_StartsAnew()
    {
        _answer = context => LoopbackServer.Send(context, new byte[Data.Length], cutAfter: 100_000, etag: "\"old\"");
        await Fail(retry: Impatient with { Attempts = 1 });
        _answer = context => LoopbackServer.Send(context, Data, etag: "\"new\"");
        await Fetch();
        AssertWhole();
    }

    [Fact]
    public async Task Fetch_ServerIgnoresRanges_StartsAnew()
    {
        File.WriteAllBytes(Part, Data[..5000]);
        _answer = context => LoopbackServer.Send(context, Data, ranges: false);
        await Fetch(bytes: Data.Length);
        AssertWhole();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fetch_PartLongerThanTheFile_StartsAnew(bool sizeIsKnown)
    {
        File.WriteAllBytes(Part, new byte[Data.Length + 5]);
        await Fetch(bytes: sizeIsKnown ? Data.Length : null);
        AssertWhole();
    }

    [Fact]
    public async Task Fetch_PartOfSomethingElse_IsFoundByTheHashAndFetchedAnew()
    {
        File.WriteAllBytes(Part, new byte[5000]);
        await Fetch(bytes: Data.Length, sha256: Sha256);
        AssertWhole();
        Assert.Equal(["bytes=5000-", null], _server.Requests.Select(request => request.Range));
    }

    [Fact]
    public async Task Fetch_PartIsTheWholeFile_AsksNobody()
    {
        File.WriteAllBytes(Part, Data);
        await Fetch(bytes: Data.Length, sha256: Sha256);
        AssertWhole();
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Fetch_WrongHash_IsRefusedAfterOneTryAndLeavesNothing()
    {
        var message = await Fail(bytes: Data.Length, sha256: new string('0', 64));
        Assert.Contains($"its SHA-256 is {Sha256}, expected 000", message);
        Assert.Single(_server.Requests);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    // The id that `git hash-object` gives for the five letters and a line feed.
    [Theory]
    [InlineData("ce013625030ba8dba906f756967f9e9ca394464a", true)]
    [InlineData("ce013625030ba8dba906f756967f9e9ca394464b", false)]
    public async Task Fetch_GitObjectId_IsChecked(string blob, bool right)
    {
        _answer = context => LoopbackServer.Send(context, "hello\n"u8.ToArray());
        if (right)
            await Fetch(bytes: 6, blob: blob);
        else
            Assert.Contains("its Git object id is ce01", await Fail(bytes: 6, blob: blob));
        Assert.Equal(right, File.Exists(Target));
    }

    [Fact]
    public async Task Fetch_EmptyFile_IsFetched()
    {
        _answer = context => LoopbackServer.Send(context, []);
        await Fetch(bytes: 0, blob: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        Assert.Empty(File.ReadAllBytes(Target));
    }

    [Fact]
    public async Task Fetch_AnotherSizeThanExpected_IsRefusedBeforeAByteIsWritten()
    {
        Assert.Contains($"the server has {Data.Length} bytes where 7 were expected", await Fail(bytes: 7));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Fetch_MoreBytesThanExpected_IsRefused()
    {
        _answer = context =>
        {
            context.Response.SendChunked = true;
            context.Response.OutputStream.Write(Data);
        };
        Assert.Contains("more bytes came", await Fail(bytes: 1000));
    }

    [Theory]
    [InlineData(429, "0")]
    [InlineData(503, null)]
    public async Task Fetch_ServerIsBusy_WaitsAndGoesOn(int status, string? retryAfter)
    {
        var busy = true;
        _answer = context =>
        {
            if (busy)
            {
                context.Response.StatusCode = status;
                if (retryAfter is not null)
                    context.Response.Headers["Retry-After"] = retryAfter;
                busy = false;
                return;
            }
            LoopbackServer.Send(context, Data);
        };
        await Fetch();
        AssertWhole();
        Assert.Contains($"the server answered {status}. Trying again in 0 s.", Assert.Single(_troubles));
    }

    [Fact]
    public async Task Fetch_ServerAsksForAnHour_IsNotWaitedFor()
    {
        _answer = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers["Retry-After"] = "3600";
        };
        Assert.Contains("the server answered 429. It asks to wait 3600 s.", await Fail());
    }

    [Fact]
    public async Task Fetch_SilentServer_IsLeftAndAskedForTheRest()
    {
        using var ended = new ManualResetEventSlim();
        var first = true;
        _answer = context =>
        {
            if (!first)
            {
                LoopbackServer.Send(context, Data);
                return;
            }
            first = false;
            context.Response.ContentLength64 = Data.Length;
            context.Response.OutputStream.Write(Data, 0, 200_000);
            ended.Wait(TimeSpan.FromSeconds(20));
        };
        await Fetch(sha256: Sha256, retry: Impatient with { Silence = TimeSpan.FromSeconds(1) });
        ended.Set();
        AssertWhole();
        Assert.Contains("nothing came for 1 s", Assert.Single(_troubles));
        Assert.NotNull(_server.Requests.Last().Range);
    }

    [Fact]
    public async Task Fetch_RedirectedToAnotherPort_DoesNotTakeTheTokenThere()
    {
        using var elsewhere = new LoopbackServer(context => LoopbackServer.Send(context, Data));
        _answer = context => context.Response.Redirect(
            context.Request.RawUrl == "/model.bin" ? _server.Address + "/renamed" : elsewhere.Address + "/blob");
        await Fetch(hub: new HubAccess(_server.Address, "secret"));
        AssertWhole();
        Assert.Equal(["Bearer secret", "Bearer secret"], _server.Requests.Select(request => request.Authorization));
        Assert.Equal([null], elsewhere.Requests.Select(request => request.Authorization));
    }

    [Fact]
    public async Task Fetch_StorageRefusesAnOldAddress_AsksTheHubForANewOne()
    {
        var addresses = 0;
        using var storage = new LoopbackServer(context =>
        {
            if (context.Request.RawUrl == "/1")
                context.Response.StatusCode = 403;
            else
                LoopbackServer.Send(context, Data);
        });
        _answer = context => context.Response.Redirect($"{storage.Address}/{Interlocked.Increment(ref addresses)}");
        await Fetch(hub: new HubAccess(_server.Address));
        AssertWhole();
        Assert.Equal(["/1", "/2"], storage.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task Fetch_DamagedETagOfAnEarlierRun_IsNotSent()
    {
        File.WriteAllBytes(Part, Data[..5000]);
        File.WriteAllText(Part + ".etag", "\"cut");
        await Fetch(sha256: Sha256);
        AssertWhole();
        Assert.Equal(("bytes=5000-", null), (_server.Requests.Single().Range, _server.Requests.Single().IfRange));
    }

    [Theory]
    [InlineData("/round", "more than 10 redirects")]
    [InlineData("ftp://127.0.0.1/x", "which is not a secure connection")]
    public async Task Fetch_RedirectedNowhere_IsRefused(string location, string message)
    {
        _answer = context => context.Response.Redirect(location);
        Assert.Contains(message, await Fail());
    }

    [Fact]
    public async Task Fetch_NoServer_IsRefusedWithItsAddress()
    {
        _server.Dispose();
        Assert.StartsWith($"{_server.Address}/model.bin: no connection", await Fail());
    }

    [Theory]
    [InlineData(401, null, null, "needs an access token: accept the terms on https://page and set HF_TOKEN.")]
    [InlineData(403, null, "t", "with the account that the token is of.")]
    [InlineData(401, "GatedRepo", null, "The repository is gated: accept the terms on https://page and set HF_TOKEN")]
    [InlineData(403, "GatedRepo", "t", "to the access token. The repository is gated")]
    [InlineData(401, "RepoNotFound", null, "there is no such repository, or it is private")]
    [InlineData(404, "RepoNotFound", "t", "or the access token may not see it")]
    [InlineData(404, "RevisionNotFound", null, "there is no such revision")]
    [InlineData(404, "EntryNotFound", null, "there is no such file at this revision")]
    [InlineData(404, null, null, "it is not there any more. See https://page")]
    [InlineData(418, null, null, "the server answered 418. Try again later")]
    public async Task Fetch_Refused_SaysWhatToDo(int status, string? code, string? token, string message)
    {
        _answer = context =>
        {
            context.Response.StatusCode = status;
            if (code is not null)
                context.Response.Headers["X-Error-Code"] = code;
        };
        Assert.Contains(message, await Fail(hub: new HubAccess(_server.Address, token)));
        Assert.Single(_server.Requests);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Fetch_PageInsteadOfTheFile_IsRefused()
    {
        _answer = context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            LoopbackServer.Send(context, "<html>Sign in"u8.ToArray(), ranges: false);
        };
        File.WriteAllBytes(Part, Data[..5000]);
        Assert.Contains("an HTML page instead of the file", await Fail());
        Assert.Equal(5000, new FileInfo(Part).Length);
    }

    [Fact]
    public async Task Fetch_GitLfsPointer_IsRefused()
    {
        _answer = context => LoopbackServer.Send(
            context, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"u8.ToArray());
        Assert.Contains("a Git LFS pointer", await Fail());
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Fetch_MoreThanTheDiskHolds_IsRefusedBeforeItBegins()
    {
        _answer = context =>
        {
            context.Response.ContentLength64 = long.MaxValue;
            context.Response.OutputStream.Write("x"u8);
            context.Response.Abort();
        };
        Assert.Contains("not enough space", await Fail());
    }

    [Fact]
    public async Task Fetch_BySomebodyElseAtTheSameTime_IsRefused()
    {
        using var other = new FileStream(Part, FileMode.Create, FileAccess.Write, FileShare.None);
        Assert.Contains("Does another process fetch it?", await Fail());
    }

    [Fact]
    public async Task Fetch_Cancelled_KeepsWhatCame()
    {
        using var stop = new CancellationTokenSource();
        _answer = context =>
        {
            context.Response.ContentLength64 = Data.Length;
            context.Response.OutputStream.Write(Data, 0, 200_000);
            context.Response.OutputStream.Flush();
            stop.Cancel();
            Thread.Sleep(100);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new FileDownloader(_http, new HubAccess(), Impatient)
            .FetchAsync(new Download(_server.Address + "/model.bin", Target), null, stop.Token));
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task Read_PagesAndTooLongAnswers()
    {
        _answer = context =>
        {
            context.Response.Headers["Link"] =
                $"<{_server.Address}/first>; rel=\"first\", <{_server.Address}/2>; rel=\"next\"";
            LoopbackServer.Send(context, "[]"u8.ToArray());
        };
        var downloader = new FileDownloader(_http, new HubAccess(), Impatient);
        Assert.Equal(new HttpText("[]", _server.Address + "/2"), await downloader.ReadAsync(
            _server.Address + "/1", 100, null, TestContext.Current.CancellationToken));
        var error = await Assert.ThrowsAsync<BadInputException>(() => downloader.ReadAsync(
            _server.Address + "/1", 1, null, TestContext.Current.CancellationToken));
        Assert.Contains("the answer is longer than 1 bytes", error.Message);
    }

    private sealed class Reports : IProgress<DownloadProgress>
    {
        public List<DownloadProgress> All { get; } = [];

        public void Report(DownloadProgress value) => All.Add(value);
    }
}
