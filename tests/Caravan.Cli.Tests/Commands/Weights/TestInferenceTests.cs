namespace Caravan.Cli.Tests.Commands.Weights;

public sealed class TestInferenceTests : IDisposable
{
    private const string Prompt =
        "Below is an instruction that describes a task. Write a response that appropriately completes the " +
        "request.\r\n\r\n" +
        "### Instruction:\r\nList three technologies that make life easier.\r\n\r\n### Response:";

    private readonly TinyModel _model = new(maxPositions: 512);
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-").FullName;

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private CommandRun Recover(params string[] options)
    {
        Assert.Equal(0, CommandRun.Of("weights", "make-diff", "--path-raw", _model.Path, "--path-tuned", _model.Path,
            "--path-diff", $"{_folder}/diff").ExitCode);
        return CommandRun.Of(["weights", "recover", "--path-raw", _model.Path, "--path-diff", $"{_folder}/diff",
            "--path-tuned", $"{_folder}/out", .. options]);
    }

    private string Greedy() => CommandRun.Of(
        "generate", "--model", _model.Path, "--prompt", Prompt, "--temperature", "0", "--max-new-tokens", "100").Output;

    [Fact]
    public void TestInference_Asked_PrintsPromptAndGreedyCompletion()
    {
        var run = Recover("--test-inference");
        Assert.Equal(0, run.ExitCode);
        Assert.EndsWith($"1 file\nRecovered model:\nInput: {Prompt}\nCompletion: {Greedy()}\n", run.Output);
        Assert.Equal(1, CommandRun.Of("weights", "recover", "--path-raw", _model.Path, "--path-diff", $"{_folder}/diff",
            "--path-tuned", $"{_folder}/out").ExitCode); // not empty
    }

    [Fact]
    public void TestInference_TrueAndOriginalModel_AsTheOriginalScriptSpellsThem()
    {
        var run = Recover("--test_inference", "true", "--original_model", _model.Path);
        var said = $"Input: {Prompt}\nCompletion: {Greedy()}\n";
        Assert.EndsWith($"Recovered model:\n{said}Original model:\n{said}", run.Output);
    }

    [Fact]
    public void TestInference_WithoutPathTuned_AnswersAndLeavesNoModel()
    {
        Recover();
        var run = CommandRun.Of(
            "weights", "recover", "--path-raw", _model.Path, "--path-diff", $"{_folder}/diff", "--test-inference");
        Assert.EndsWith($"1 file\nRecovered model:\nInput: {Prompt}\nCompletion: {Greedy()}\n", run.Output);
        Assert.False(Directory.Exists(run.Output.Split(": ")[0]));
    }

    [Fact]
    public void TestInference_FalseOrNotAsked_PrintsNothingMore()
    {
        Assert.DoesNotContain("Recovered model", Recover("--test-inference", "false").Output);
    }

    [Fact]
    public void TestInference_ModelSamplesByDefault_FollowsItsConfiguration()
    {
        File.WriteAllText(Path.Combine(_model.Path, "generation_config.json"),
            """{"do_sample": true, "temperature": 2.0, "top_k": 0, "top_p": 0.9}""");
        var sampled = CommandRun.Of(
            "generate", "--model", _model.Path, "--prompt", Prompt, "--temperature", "2", "--top-p",
            "0.9", "--max-new-tokens", "100").Output;
        Assert.EndsWith($"Completion: {sampled}\n", Recover("--test-inference").Output);
    }

    [Fact]
    public void OriginalModel_WithoutTestInference_IsUsageError()
    {
        var run = CommandRun.Of("weights", "recover", "--path-raw", "a", "--path-diff", "b", "--path-tuned", "c",
            "--original-model", "d");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--original-model needs --test-inference.", run.Error);
    }
}
