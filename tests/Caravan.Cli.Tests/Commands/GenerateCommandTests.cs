using System.Text.Json;
using Caravan.Checkpoints;
using Caravan.Models.Files;
using Caravan.Torch;

namespace Caravan.Cli.Tests.Commands;

public sealed class GenerateCommandTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Generate_RealModel_ReproducesGreedyContinuations()
    {
        var model = Repository.SharedData("models", "stories260k");
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(model, "expected.json")));
        foreach (var example in expected.RootElement.GetProperty("greedy").EnumerateArray())
        {
            var run = CommandRun.Of(
                "generate", "--model", model, "--prompt", example.GetProperty("prompt").GetString()!,
                "--temperature", "0", "--max-new-tokens", $"{example.GetProperty("new_ids").GetArrayLength()}");
            Assert.Equal(0, run.ExitCode);
            Assert.Equal(
                example.GetProperty("text").GetString(), example.GetProperty("prompt").GetString() + run.Output);
        }
    }

    [Fact]
    public void Generate_AnyPrompt_KeepsEverythingElseOffStandardOutput()
    {
        var run = Generate("--prompt", "the cat", "--temperature", "0", "--max-new-tokens", "5");
        Assert.Equal(0, run.ExitCode);
        Assert.NotEqual("", run.Output);
        Assert.Matches(@"^\d+ prompt tokens, 5 new tokens, cut at the length limit, \S+ tokens/s\n$", run.Error);
    }

    [Fact]
    public void Prompt_FromOptionFileOrPipe_GivesTheSameContinuation()
    {
        var file = Path.Combine(_model.Path, "prompt.txt");
        File.WriteAllText(file, "the dog\n");
        string[] fixedSeed = ["generate", "--model", _model.Path, "--seed", "3", "--max-new-tokens", "8"];
        var option = CommandRun.Of([.. fixedSeed, "--prompt", "the dog"]);
        Assert.Equal(option.Output, CommandRun.Of([.. fixedSeed, "--prompt-file", file]).Output);
        Assert.Equal(option.Output, CommandRun.Of("the dog\n", fixedSeed).Output);
        Assert.NotEqual(option.Output, CommandRun.Of([.. fixedSeed, "--prompt", "the cat"]).Output);
    }

    [Fact]
    public void Seed_Changed_ChangesTheSample()
    {
        string Sample(string seed) => Generate("--prompt", "the", "--max-new-tokens", "12", "--seed", seed).Output;
        Assert.Equal(Sample("1"), Sample("1"));
        Assert.NotEqual(Sample("1"), Sample("2"));
    }

    [Fact]
    public void Chat_Asked_LaysThePromptOut()
    {
        var plain = Generate(
            "--prompt", "<|user|>\nthe cat\n<|assistant|>\n", "--temperature", "0", "--max-new-tokens", "9");
        var chat = Generate("--prompt", "the cat", "--chat", "--temperature", "0", "--max-new-tokens", "9");
        Assert.Equal(plain.Output, chat.Output);
    }

    [Fact]
    public void StopText_Generated_EndsTheOutputBeforeIt()
    {
        var whole = Generate("--prompt", "the", "--temperature", "0", "--max-new-tokens", "20").Output;
        var stop = whole[6..9];
        var run = Generate(
            "--prompt", "the", "--temperature", "0", "--max-new-tokens", "20", "--stop", stop, "--stop", "never");
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], run.Output);
        Assert.Contains("ended by a stop text", run.Error);
    }

    [Fact]
    public void StopToken_InGenerationConfig_EndsTheAnswer()
    {
        string[] greedy = ["--prompt", "the", "--temperature", "0", "--max-new-tokens", "4"];
        var config = GenerationConfigFile.Create();
        config.Set("eos_token_id", Enumerable.Range(0, 270));
        config.Write(_model.Path);
        var run = Generate(greedy);
        Assert.Equal("", run.Output);
        Assert.Contains("0 new tokens, ended by the model", run.Error);
    }

    [Theory]
    [InlineData("--temperature=-1", "--temperature cannot be '-1': it must be a number of at least 0.")]
    [InlineData("--temperature=NaN", "--temperature cannot be 'NaN': it must be a number of at least 0.")]
    [InlineData("--temperature=0,5", "--temperature cannot be '0,5': it must be a number of at least 0.")]
    [InlineData("--top-p=0", "--top-p cannot be '0': it must be a number above 0 and at most 1.")]
    [InlineData("--top-p=1.01", "--top-p cannot be '1.01': it must be a number above 0 and at most 1.")]
    [InlineData("--top-k=-1", "--top-k cannot be '-1': it must be a whole number from 0 to 2147483647.")]
    [InlineData("--top-k=2.5", "--top-k cannot be '2.5': it must be a whole number from 0 to 2147483647.")]
    [InlineData(
        "--max-new-tokens=0", "--max-new-tokens cannot be '0': it must be a whole number from 1 to 2147483647.")]
    [InlineData("--seed=1e3", "--seed cannot be '1e3': it must be a whole number.")]
    [InlineData("--dtype=fp8", "--dtype cannot be 'fp8': it must be one of fp32, bf16.")]
    [InlineData("--device=gpu", "--device cannot be 'gpu': it must be cpu, cuda or cuda:N.")]
    [InlineData("--temprature=1", "'caravan generate' has no option '--temprature'. Did you mean '--temperature'?")]
    [InlineData("--prompt-file=x", "--prompt and --prompt-file cannot both be given.")]
    public void Option_OutOfRange_IsUsageError(string option, string message)
    {
        var run = Generate("--prompt", "the", option);
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Equal($"caravan: error: {message}\nRun 'caravan generate --help' to see what it takes.\n", run.Error);
    }

    [Fact]
    public void Strict_RefusesTensorsThatTheModelDoesNotHave()
    {
        var path = Path.Combine(_model.Path, "model.safetensors");
        Dictionary<string, Tensor> tensors;
        using (var file = TensorFile.Open(path))
            tensors = file.Names.ToDictionary(name => name, file.Read);
        tensors.Add("model.extra.weight", Tensor.ones([2]));
        TensorFile.Write(path, tensors);
        Assert.StartsWith($"caravan: warning: {_model.Path}: tensor 'model.extra.weight'", Generate("--prompt", "the").Error);
        AssertFails(Generate("--prompt", "the", "--strict"), "'model.extra.weight'");
    }

    [Fact]
    public void IgnoreVocabRows_TakesThoseOfTheWeights()
    {
        var config = ModelConfigFile.Read(_model.Path);
        config.Set("vocab_size", config.GetInt("vocab_size") + 1);
        config.Write(_model.Path);
        AssertFails(Generate("--prompt", "the"), "--ignore-vocab-rows");
        Assert.Equal(0, Generate("--prompt", "the", "--ignore-vocab-rows").ExitCode);
    }

    [Fact]
    public void StopText_Empty_IsUsageError()
    {
        var run = Generate("--prompt", "the", "--stop", "");
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("caravan: error: --stop cannot be empty", run.Error);
    }

    [Fact]
    public void Model_NotGiven_IsUsageError()
    {
        var run = CommandRun.Of("generate", "--prompt", "the");
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("caravan: error: Option '--model' is required.", run.Error);
    }

    [Theory]
    [InlineData("config.json", "{\"model_type\": \"llama\"", "config.json")]
    [InlineData("config.json", "{\"model_type\": \"vision\"}", "'model_type' is \"vision\"")]
    [InlineData("config.json", "{\"model_type\": \"llama\", \"vocab_size\": \"many\"}", "vocab_size")]
    [InlineData("model.safetensors", "garbage", "model.safetensors")]
    [InlineData("tokenizer.json", "[]", "tokenizer.json")]
    public void ModelFile_Damaged_IsOneParagraphThatNamesIt(string file, string content, string culprit)
    {
        File.WriteAllText(Path.Combine(_model.Path, file), content);
        AssertFails(Generate("--prompt", "the"), culprit);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    [InlineData("tokenizer.json")]
    public void ModelFile_Missing_IsOneParagraphThatNamesTheFolder(string file)
    {
        File.Delete(Path.Combine(_model.Path, file));
        AssertFails(Generate("--prompt", "the"), _model.Path);
    }

    [Fact]
    public void ModelFolder_Missing_IsOneParagraphThatNamesIt() =>
        AssertFails(CommandRun.Of("generate", "--model", "/nowhere/model", "--prompt", "the"), "/nowhere/model");

    [Fact]
    public void Prompt_LongerThanTheContext_IsAnError() =>
        AssertFails(Generate("--prompt", new string('x', 10 * TinyModel.MaxPositions)), $"{TinyModel.MaxPositions}");

    [Fact]
    public void PromptFile_Missing_IsAnError() =>
        AssertFails(Generate("--prompt-file", "/nowhere/prompt.txt"), "/nowhere/prompt.txt");

    [Fact]
    public void Device_NotThere_IsAnError() =>
        AssertFails(Generate("--prompt", "the", "--device", "cuda:99"), "cuda:99");

    [Fact]
    public void Stop_RequestedBefore_ExitsWithTheSignalsCode()
    {
        using var stop = new StopRequest(_ => Assert.Fail("only one signal was sent"));
        stop.Signal(System.Runtime.InteropServices.PosixSignal.SIGTERM);
        var run = CommandRun.Of("", ["generate", "--model", _model.Path, "--prompt", "the"], stop);
        Assert.Equal(143, run.ExitCode);
    }

    private CommandRun Generate(params string[] options) =>
        CommandRun.Of(["generate", "--model", _model.Path, .. options]);

    private static void AssertFails(CommandRun run, string culprit)
    {
        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.StartsWith("caravan: error: ", run.Error);
        Assert.Contains(culprit, run.Error);
        Assert.Equal(run.Error.Length - 1, run.Error.IndexOf('\n')); // one paragraph
    }
}
