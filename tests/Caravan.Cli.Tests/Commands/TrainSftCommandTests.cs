using System.Runtime.InteropServices;
using System.Text.Json;
using Caravan.Training;
using Caravan.Training.Configuration;

namespace Caravan.Cli.Tests.Commands;

public sealed class TrainSftCommandTests : IDisposable
{
    private readonly TinyModel _model = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-train-");

    public TrainSftCommandTests() => File.WriteAllLines(In("data.jsonl"), Enumerable.Range(0, 24).Select(i =>
        $$"""{"messages": [{"role": "user", "content": "the cat {{i}}"}, {"role": "assistant", "content": "the dog {{i}}"}]}"""));

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Training_Finished_LeavesAModelThatGeneratesAndAReport()
    {
        var run = Train("--validation-split", "0.25");
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        Assert.Matches(@"\d\d:\d\d:\d\d update 3/3  loss \d", run.Output);
        Assert.Matches(@"3 updates in .*\. Held-out loss \d+\.\d{4} → \d+\.\d{4}\.", run.Output);
        Assert.Contains("<h2>Training</h2>", File.ReadAllText(In("run", "report.html")));
        var answer = CommandRun.Of("generate", "--model", In("run"), "--prompt", "the", "--max-new-tokens", "3");
        Assert.Equal(0, answer.ExitCode);
    }

    [Fact]
    public void OptionsAndFile_Both_OptionsWin()
    {
        File.WriteAllText(In("run.yaml"), $"""
            model_name_or_path: {_model.Path}
            train_file: {In("data.jsonl")}
            output_dir: {In("run")}
            dataset_local_cache_dir: {In("tokens")}
            max_train_steps: 5
            learning_rate: 0.5
            """);
        var run = CommandRun.Of("train", "sft", In("run.yaml"), "--max-train-steps", "1", "--packing", "--quiet");
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        using var record = JsonDocument.Parse(File.ReadAllText(In("run", "run.json")));
        var configuration = record.RootElement.GetProperty("configuration");
        Assert.Equal("1", configuration.GetProperty("max_train_steps").GetString());
        Assert.Equal("0.5", configuration.GetProperty("learning_rate").GetString());
        Assert.Equal("true", configuration.GetProperty("packing").GetString());
    }

    [Fact]
    public void OpenAlpacasFiles_StandInForAYamlFile()
    {
        var files = Path.Combine(Repository.Root, "tests", "Caravan.Training.Tests", "Fixtures", "openalpaca");
        var run = Train("--openalpaca", files, "--gradient-accumulation-steps", "2");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var record = JsonDocument.Parse(File.ReadAllText(In("run", "run.json")));
        var configuration = record.RootElement.GetProperty("configuration");
        Assert.Equal("openalpaca-v1", configuration.GetProperty("chat_template_name").GetString());
        Assert.Equal("0.95", configuration.GetProperty("adam_beta2").GetString());
        Assert.Equal("2", configuration.GetProperty("gradient_accumulation_steps").GetString());
        var both = Train("--openalpaca", files, "run.yaml");
        Assert.Equal(2, both.ExitCode);
        Assert.Contains("a YAML file and --openalpaca are both given", both.Error);
    }

    [Fact]
    public void Json_Asked_PrintsOneObjectALine()
    {
        var run = Train("--json");
        var events = run.Output.TrimEnd().Split('\n')
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("event").GetString());
        Assert.Equal(["started", "step", "step", "step"], events);
    }

    [Fact]
    public void Stop_Requested_WritesACheckpointAndTheSameCommandGoesOn()
    {
        using var stop = new StopRequest(_ => Assert.Fail("only one signal was sent"));
        stop.Signal(PosixSignal.SIGINT);
        var first = CommandRun.Of("", Arguments(), stop);
        Assert.Equal(75, first.ExitCode);
        Assert.False(File.Exists(In("run", "model.safetensors")));
        var second = CommandRun.Of(Arguments());
        Assert.Equal(0, second.ExitCode);
        Assert.True(File.Exists(In("run", "model.safetensors")));
    }

    [Fact]
    public void EveryKey_OfTheConfiguration_IsAnOption()
    {
        var help = CommandRun.Of("train", "sft", "--help").Output;
        Assert.All(ConfigKey.Of<SftConfig>(), key => Assert.Contains($"  {key.Option} ", help.Replace('\n', ' ')));
    }

    [Theory]
    [InlineData("--learning-rate=-1", "--learning-rate: learning_rate is '-1', expected a number of at least 0")]
    [InlineData("--warmup-ratio=2", "expected a number from 0 to 1")]
    [InlineData("--lr-scheduler-type=square", "expected one of linear, cosine, cosine_with_restarts")]
    [InlineData("--lerning-rate=1",
        "'caravan train sft' has no option '--lerning-rate'. Did you mean '--learning-rate'?")]
    public void Option_Wrong_IsUsageError(string option, string message)
    {
        var run = Train(option);
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains(message, run.Error);
        Assert.False(Directory.Exists(In("run")));
    }

    [Fact]
    public void SeveralKeys_Wrong_AreAllNamed()
    {
        var run = CommandRun.Of("train", "sft", "--seed", "x", "--packing=perhaps");
        Assert.Equal(2, run.ExitCode);
        foreach (var name in new[] { "--seed", "--packing", "model_name_or_path", "output_dir" })
            Assert.Contains(name, run.Error);
    }

    [Fact]
    public void ConfigurationFile_Wrong_IsNamedWithLineAndColumn()
    {
        File.WriteAllText(In("run.yaml"), "train_file: x\nlerning_rate: 1\n");
        var run = CommandRun.Of("train", "sft", In("run.yaml"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{In("run.yaml")}:2:1: unknown key 'lerning_rate'; did you mean learning_rate?", run.Error);
    }

    [Fact]
    public void ConfigurationFile_Missing_IsNamed()
    {
        var run = CommandRun.Of("train", "sft", In("nowhere.yaml"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("nowhere.yaml", run.Error);
    }

    [Fact]
    public void OutputDirectory_NotEmpty_IsRefusedAndStaysAsItIs()
    {
        Directory.CreateDirectory(In("run"));
        File.WriteAllText(In("run", "thesis.txt"), "mine");
        var run = Train();
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(In("run"), run.Error);
        Assert.Equal([In("run", "thesis.txt")], Directory.EnumerateFileSystemEntries(In("run")));
    }

    [Fact]
    public void TrainingFile_WithBrokenLine_IsNamedWithItsLine()
    {
        File.AppendAllText(In("data.jsonl"), "{\"messages\": [\n");
        var run = Train();
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("data.jsonl:25", run.Error);
        Assert.False(Directory.Exists(In("run")));
    }

    private CommandRun Train(params string[] options) => CommandRun.Of(Arguments(options));

    private string[] Arguments(params string[] options) =>
    [
        "train", "sft", "--model-name-or-path", _model.Path, "--train-file", In("data.jsonl"), "--output-dir",
            In("run"),
        "--max-train-steps", "3", "--per-device-train-batch-size", "4", "--max-seq-length", "48",
        "--dataset-local-cache-dir", In("tokens"), "--dtype", "fp32", .. options,
    ];

    private string In(params string[] path) => Path.Combine([_folder.FullName, .. path]);
}
