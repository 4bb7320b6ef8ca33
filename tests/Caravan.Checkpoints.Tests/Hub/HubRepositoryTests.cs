using System.Text.Json.Nodes;
using Caravan.Files;
using Caravan.Files.Downloads;

namespace Caravan.Checkpoints.Tests.Hub;

public sealed class HubRepositoryTests : IDisposable
{
    private readonly FakeHub _hub = new();
    private readonly HttpClient _http = FileDownloader.CreateClient();

    public void Dispose()
    {
        _hub.Dispose();
        _http.Dispose();
    }

    private Task<HubSnapshot> List(string id = FakeHub.Id, string revision = "main") => HubRepository.ListAsync(
        new FileDownloader(_http, new HubAccess(_hub.Address), new RetryPolicy { Attempts = 1 }), id, revision);

    private async Task<string> Fail(string id = FakeHub.Id) =>
        (await Assert.ThrowsAsync<BadInputException>(() => List(id))).Message;

    [Fact]
    public async Task List_SeveralPages_GivesEveryFileWithItsHash()
    {
        foreach (var name in new[] { "config.json", "a.bin", "b.bin", "sub/c.bin", "d #%.txt" })
            _hub.Add(name, name);
        var snapshot = await List(revision: "refs/pr/1");
        Assert.Equal(FakeHub.Commit, snapshot.Commit);
        Assert.Equal(
            ["a.bin", "b.bin", "config.json", "d #%.txt", "sub/c.bin"], snapshot.Files.Select(file => file.Path));
        Assert.All(
            snapshot.Files, file => Assert.Equal(Path.GetExtension(file.Path) == ".bin", file.Sha256 is not null));
        Assert.All(snapshot.Files, file => Assert.NotEqual(file.Sha256 is null, file.GitBlobSha1 is null));
        Assert.Equal("/api/models/owner/model/revision/refs%2Fpr%2F1", _hub.Requests.First().Path);
        Assert.Equal(
            $"https://huggingface.co/owner/model/resolve/{FakeHub.Commit}/d%20%23%25.txt",
            snapshot.Download(snapshot.Files[3], "out").Url);
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("a//b")]
    [InlineData("a\\..\\b")]
    [InlineData("a\u001b[2Jb")]
    [InlineData("./a")]
    [InlineData("")]
    [InlineData("downloads.lock.json")]
    public async Task List_PathThatLeadsOut_IsRefused(string path)
    {
        _hub.Add("config.json", "{}");
        _hub.Falsify = entry => entry["path"] = path;
        var message = await Fail();
        Assert.Contains("leads out of the repository or has characters that are not allowed", message);
        Assert.DoesNotContain('\u001b', message);
    }

    public static TheoryData<string, Action<JsonObject>> Falsehoods => new()
    {
        { "The size of config.json is negative", entry => entry["size"] = -1 },
        { "The oid of config.json is not a hash", entry => entry["oid"] = "zz" },
        { "The oid of config.json is not a hash",
            entry => entry["lfs"] = new JsonObject { ["size"] = 1, ["oid"] = "/x" } },
        { "of type 'Number'", entry => entry["size"] = "7" },
        { "not an answer of the hub's API", entry => entry.Remove("path") },
        { "not an answer of the hub's API", entry => entry["path"] = 7 },
    };

    [Theory]
    [MemberData(nameof(Falsehoods))]
    public async Task List_AnswerThatIsNone_IsRefused(string message, Action<JsonObject> falsify)
    {
        _hub.Add("config.json", "{}");
        _hub.Falsify = falsify;
        Assert.Contains(message, await Fail(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task List_TwoFilesOfOneName_AreRefused()
    {
        _hub.Add("a.bin", "");
        _hub.Add("a.bin.part", "");
        Assert.Contains("two files would be written to a.bin", await Fail());
    }

    [Theory]
    [InlineData("model")]
    [InlineData("a/b/c")]
    [InlineData("../model")]
    [InlineData("owner/..")]
    [InlineData("owner/mo del")]
    [InlineData("owner/model?x=1")]
    public async Task List_NotAnId_IsRefusedUnasked(string id)
    {
        Assert.Contains("expected owner/name", await Fail(id));
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task List_NoSuchRepository_SaysSo() =>
        Assert.Contains("there is no such repository", await Fail("owner/other"));

    [Fact]
    public async Task List_NotJson_SaysWhatToCheck()
    {
        _hub.Refuse = context => Files.Tests.Downloads.LoopbackServer.Send(context, "hello"u8.ToArray());
        Assert.Contains("Check the endpoint (HF_ENDPOINT)", await Fail());
    }
}
