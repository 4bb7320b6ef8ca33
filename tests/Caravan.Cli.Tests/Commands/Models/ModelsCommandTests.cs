using System.Text.Json;
using Caravan.Checkpoints;
using Caravan.Checkpoints.Tests.Hub;
using Caravan.Cli.Commands;
using Caravan.Cli.Commands.Models;
using Caravan.Cli.Terminals;
using Caravan.Files.Tests.Downloads;

namespace Caravan.Cli.Tests.Commands.Models;

public sealed class ModelsCommandTests : IDisposable
{
    private static readonly string Golden = Path.Combine(Repository.Root, "tests/golden/checkpoints");

    private readonly FakeHub _hub = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-").FullName;

    public static TheoryData<string> Ids => [.. ReleasedModels.All.Select(model => model.Id)];

    public void Dispose()
    {
        _hub.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private CommandRun Fetch(params string[] options) => CommandRun.Of(
        ["models", "fetch", FakeHub.Id, "--endpoint", _hub.Address, "--output", $"{_folder}/out", .. options]);

    [Theory]
    [MemberData(nameof(Ids))]
    public void Recipe_OfEveryModel_IsMadeOfCommandsThatExist(string id)
    {
        using var stop = new StopRequest(_ => { });
        var terminal = new Terminal { In = TextReader.Null, Out = TextWriter.Null, Error = TextWriter.Null };
        var caravan = CaravanCommand.Create(new CommandContext(terminal, stop, TimeProvider.System));
        var steps = ReleaseRecipe.Of(ReleasedModels.Get(id));
        Assert.All(steps, step => Assert.Empty(caravan.Parse(step.Words).Errors));
        Assert.Contains(steps, step => step.Words is ["models", "fetch", var fetched, ..] && fetched == id);
    }

    [Theory]
    [InlineData("tulu-7b")]
    [InlineData("openlm-research/open_llama_7b_preview_200bt")]
    public void Show_Model_IsAsApproved(string name)
    {
        var run = CommandRun.Of("models", "show", name);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        ApprovedText.Matches($"models show {name.Split('/')[^1]}", run.Output);
    }

    [Fact]
    public void Show_Json_HasTheCommands()
    {
        using var json = JsonDocument.Parse(CommandRun.Of("models", "show", "tulu-7b", "--json").Output);
        Assert.Equal("diff", json.RootElement.GetProperty("kind").GetString());
        Assert.Equal(
            "caravan weights recover --path-raw llama-7b --path-diff tulu-7b-diff --path-tuned tulu-7b",
            json.RootElement.GetProperty("commands")[2].GetString());
    }

    [Fact]
    public void Show_UnknownModel_SuggestsOne()
    {
        var run = CommandRun.Of("models", "show", "tulu-13");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Did you mean 'tulu-13b'?", run.Error);
    }

    [Fact]
    public void List_Filtered_IsAsApproved()
    {
        var run = CommandRun.Of("models", "list", "tulu", "--size", "7b");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        ApprovedText.Matches("models list", run.Output);
    }

    [Theory]
    [InlineData(44)]
    [InlineData(34, "--kind", "diff")]
    [InlineData(10, "--kind", "full")]
    [InlineData(3, "--size", "65B")]
    [InlineData(2, "sharegpt", "--kind", "diff", "--size", "7B")]
    public void List_Json_FiltersByKindSizeAndText(int expected, params string[] filters)
    {
        using var json = JsonDocument.Parse(CommandRun.Of(["models", "list", "--json", .. filters]).Output);
        Assert.Equal(expected, json.RootElement.GetArrayLength());
    }

    [Fact]
    public void List_NothingFits_SaysWhatThereIs()
    {
        var run = CommandRun.Of("models", "list", "--size", "12B");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("There are the sizes 7B, 3B, 13B", run.Error);
    }

    [Fact]
    public void Fetch_Repository_WritesItsUsefulFilesAndSaysWhatItLeftOut()
    {
        _hub.Add("config.json", "{}");
        _hub.Add("model.safetensors", "weights");
        _hub.Add("pytorch_model.bin", "the same weights");
        var run = Fetch();
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($"{_folder}/out/model.safetensors  7 bytes\n", run.Output);
        Assert.Contains($"{_folder}/out: 2 files, 9 bytes, owner/model at {FakeHub.Commit}\n", run.Output);
        Assert.Contains(
            "Left out as of no use here: 1 file, 16 bytes (pytorch_model.bin); --all fetches them too.\n", run.Output);
        Assert.False(File.Exists($"{_folder}/out/pytorch_model.bin"));
        Assert.Equal(0, Fetch("--all").ExitCode);
        Assert.True(File.Exists($"{_folder}/out/pytorch_model.bin"));
    }

    [Fact]
    public void Fetch_DryRun_ListsAndWritesNothing()
    {
        _hub.Add("config.json", "{}");
        _hub.Add("model.safetensors", "weights");
        var run = Fetch("--dry-run", "--include", "*.safetensors");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("model.safetensors  7 bytes\n", run.Output);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Fetch_TokenFromFile_GoesToTheHub()
    {
        _hub.Add("model.safetensors", "weights");
        File.WriteAllText($"{_folder}/token", "secret\n");
        Assert.Equal(0, Fetch("--token-file", $"{_folder}/token").ExitCode);
        Assert.All(_hub.Requests, request => Assert.Equal("Bearer secret", request.Authorization));
        Assert.All(_hub.StorageRequests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public void Fetch_ThatFails_IsOneParagraphAndGoesOnLater()
    {
        _hub.Add("config.json", "{}");
        _hub.Add("model.safetensors", "weights");
        _hub.AnswerLarge = (context, data) => LoopbackServer.Send(context, new byte[data.Length]);
        var run = Fetch();
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("caravan: error: ", run.Error);
        Assert.Contains("its SHA-256 is", run.Error);
        Assert.False(File.Exists($"{_folder}/out/model.safetensors"));
        _hub.AnswerLarge = null;
        Assert.Equal(0, Fetch().ExitCode);
    }

    [Theory]
    [InlineData("tulu-13", "Did you mean 'tulu-13b'? Others are given as owner/name")]
    [InlineData("owner/other", "there is no such repository, or it is private")]
    public void Fetch_UnknownModel_SaysWhatToDo(string model, string message)
    {
        var run = CommandRun.Of("models", "fetch", model, "--endpoint", _hub.Address);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public void Fetch_NothingChosen_SaysSo()
    {
        _hub.Add("config.json", "{}");
        Assert.Contains("none of its 1 files is wanted", Fetch("--include", "*.gguf").Error);
    }

    [Fact]
    public void Fetch_StopRequested_ExitsWithTheSignalsCode()
    {
        _hub.Add("model.safetensors", "weights");
        using var stop = new StopRequest(_ => Assert.Fail("only one signal was sent"));
        _hub.AnswerLarge = (_, _) =>
        {
            stop.Signal(System.Runtime.InteropServices.PosixSignal.SIGINT);
            Thread.Sleep(100);
        };
        var run = CommandRun.Of(
            "", ["models", "fetch", FakeHub.Id, "--endpoint", _hub.Address, "--output", $"{_folder}/out"], stop);
        Assert.Equal(130, run.ExitCode);
    }

    // The way of `models show`, with a diff that a test can hold.
    [Fact]
    public void FetchThenRecover_ADiff_GivesTheTunedModel()
    {
        _hub.AddFolder($"{Golden}/diff");
        Assert.Equal(0, Fetch().ExitCode);
        var recovered = CommandRun.Of(
            "weights", "recover", "--path-raw", $"{Golden}/raw", "--path-diff", $"{_folder}/out",
            "--path-tuned", $"{_folder}/tuned");
        Assert.Equal(0, recovered.ExitCode);
        Assert.Contains("4 tensors", recovered.Output);
    }
}
