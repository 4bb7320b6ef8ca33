using System.Text;
using Caravan.Data.Conversion;
using Caravan.Data.Downloads;
using Caravan.Files;
using Caravan.Files.Downloads;
using Caravan.Files.Tests.Downloads;

namespace Caravan.Data.Tests.Downloads;

/// <summary>What is particular to datasets; the transfers themselves are tested with the FileDownloader.</summary>
public sealed class DownloaderTests : IDisposable
{
    private static readonly byte[] Data = Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i}\n")));

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = FileDownloader.CreateClient();
    private readonly LoopbackServer _server = new(context =>
    {
        if (context.Request.RawUrl!.EndsWith("data.jsonl", StringComparison.Ordinal))
            LoopbackServer.Send(context, Data);
        else
            context.Response.StatusCode = 401;
    });

    public void Dispose()
    {
        _server.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    private Task<string> Fetch(string file, string? token = null, string? url = null, string? endpoint = null) =>
        new Downloader(_http, token, endpoint).FetchAsync(
            new RemoteFile(file, url ?? $"{_server.Address}/{file}"), _folder.Path, "https://page", null,
                TestContext.Current.CancellationToken);

    [Fact]
    public async Task Fetch_CutOffByAnEarlierRun_GoesOnWhereItStopped()
    {
        _folder.Write("data.jsonl.part", Data[..1000]);
        Assert.Equal(Data, File.ReadAllBytes(await Fetch("data.jsonl")));
        Assert.Equal("bytes=1000-", Assert.Single(_server.Requests).Range);
    }

    [Fact]
    public async Task Fetch_Again_ChecksTheFileAndAsksNobody()
    {
        var path = await Fetch("data.jsonl");
        await Fetch("data.jsonl");
        Assert.Single(_server.Requests);
        File.AppendAllText(path, "x");
        var error = await Assert.ThrowsAsync<BadInputException>(() => Fetch("data.jsonl"));
        Assert.Contains("is not the one that was fetched", error.Message);
    }

    [Fact]
    public async Task Fetch_ADataset_TakesWhatIsNotOptional_OrWhatIsNamed()
    {
        var card = new DatasetCard
        {
            Slug = "d", Title = "", Homepage = "https://page", Size = "", Licence = Caravan.Data.Lineage.Licence.Mit,
            Files =
            [
                new("data.jsonl", $"{_server.Address}/data.jsonl"),
                new("more/data.jsonl", $"{_server.Address}/more/data.jsonl", Optional: true),
            ],
        };
        var downloader = new Downloader(_http);
        Task<IReadOnlyList<string>> Get(DatasetCard card, params string[]? only) => downloader.FetchAsync(
            card, _folder.In("raw"), only, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([_folder.In("raw/data.jsonl")], await Get(card, null));
        var nested = _folder.In("raw/more/data.jsonl");
        Assert.Equal([nested], await Get(card, "more/data.jsonl"));
        File.AppendAllText(nested, "x");
        Assert.Contains("is not the one that was fetched", (await Assert.ThrowsAsync<BadInputException>(
            () => Get(card, "more/data.jsonl"))).Message);
        Assert.Equal(
            "Dataset d has no file \"x\"; it has data.jsonl, more/data.jsonl.",
            (await Assert.ThrowsAsync<BadInputException>(() => Get(card, "x"))).Message);
        Assert.Contains("Download them from https://page into", (await Assert.ThrowsAsync<BadInputException>(
            () => Get(card with { Files = [] }, null))).Message);
    }

    [Fact]
    public async Task Fetch_OnTheHub_UsesMirrorAndToken_ElsewhereNeither()
    {
        await Fetch("a.jsonl", "secret", "https://huggingface.co/resolve/data.jsonl", _server.Address + "/hub/");
        await Fetch("data.jsonl", "secret");
        Assert.Equal(["/hub/resolve/data.jsonl", "/data.jsonl"], _server.Requests.Select(request => request.Path));
        Assert.Equal(["Bearer secret", null], _server.Requests.Select(request => request.Authorization));
    }

    [Fact]
    public async Task Fetch_Gated_NamesTheDatasetsPage()
    {
        var error = await Assert.ThrowsAsync<BadInputException>(() => Fetch("gated.json"));
        Assert.Contains("accept the terms on https://page and set HF_TOKEN", error.Message);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }
}
