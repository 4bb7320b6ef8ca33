using Caravan.Models;

namespace Caravan.Cli.Tests.Commands;

public sealed class WeightsCommandTests : IDisposable
{
    private static readonly string Golden = Path.Combine(Repository.Root, "tests/golden/checkpoints");

    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--path-raw", "--path-tuned", "--path-diff")]
    [InlineData("--path_raw", "--path_tuned", "--path_diff")]
    public void MakeDiffAndRecover_ThroughOptions_GiveTheTunedModel(string raw, string tuned, string diff)
    {
        var made = CommandRun.Of(
            "weights", "make-diff", raw, $"{Golden}/raw", tuned, $"{Golden}/tuned", diff, $"{_folder}/diff");
        Assert.Equal(("", 0), (made.Error, made.ExitCode));
        var recovered = CommandRun.Of(
            "weights", "recover", raw, $"{Golden}/raw", diff, $"{_folder}/diff", tuned, $"{_folder}/out");
        Assert.Equal(0, recovered.ExitCode);
        Assert.Equal(
            "caravan: 13,504 parameters: at most 190.8 MiB of memory (104.0 KiB where the models are loaded whole, " +
            "in float32)\n", recovered.Error);
        Assert.Equal($"{_folder}/out: 4 tensors, 13,504 parameters, 53.1 KiB in 1 file\n", recovered.Output);
        var sums = new[] { $"{Golden}/tuned", $"{_folder}/out" }
            .Select(model => CommandRun.Of("weights", "verify", model).Output.Split('\n')[1]).Distinct();
        Assert.Single(sums);
    }

    [Theory]
    [InlineData("convert --input_dir llama --output_dir out", "--input_dir", "the first word after the command.")]
    [InlineData("convert --input_dir llama --output_dir out", "--output_dir", "the second word after the command.")]
    [InlineData("convert a b --model_size=7B", "--model_size", "sizes are read from params.json.")]
    [InlineData("convert a b --safe_serialization", "--safe_serialization", "--format bin writes PyTorch's files.")]
    [InlineData("consolidate a b -d", "-d", "errors say where they are without it.")]
    [InlineData("recover --path_raw a --path_diff b --device cpu", "--device", "on the CPU, as with --device cpu.")]
    [InlineData("merge-lora --save_tokenizer", "--save_tokenizer", "always saved with the model.")]
    [InlineData("convert a b --dtipe fp16", "--dtipe", ". Did you mean '--dtype'?")]
    public void OptionOfTheOriginalScript_IsAUsageErrorThatSaysWhatStandsForIt(string line, string option, string end)
    {
        var run = CommandRun.Of(["weights", .. line.Split(' ')]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(run.Error.Split('\n'), error =>
            error.Contains($"has no option '{option}'", StringComparison.Ordinal)
            && error.EndsWith(end, StringComparison.Ordinal));
    }

    [Fact]
    public void Recover_WithoutPathTuned_ChecksAndWritesNothing()
    {
        string[] models = ["--path-raw", $"{Golden}/raw", "--path-diff", $"{_folder}/diff"];
        CommandRun.Of(["weights", "make-diff", "--path-tuned", $"{Golden}/tuned", .. models]);
        var run = CommandRun.Of(["weights", "recover", .. models]);
        var sum = CommandRun.Of("weights", "verify", $"{Golden}/tuned").Output.Split('\n')[1].Split(' ')[^1];
        Assert.Equal(
            $"4 tensors, 13,504 parameters, sum of all numbers {sum}; hashes equal to those of the diff; nothing " +
            "written\n", run.Output);
        Assert.Equal([$"{_folder}/diff"], Directory.GetFileSystemEntries(_folder));
        Assert.Contains(
            "add up to", CommandRun.Of(["weights", "recover", .. models, "--expect-sum", "50637.1836"]).Error);
        models[1] = $"{Golden}/tuned";
        run = CommandRun.Of(["weights", "recover", .. models]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("is not the one that the diff was made of", run.Error);
    }

    [Fact]
    public void Info_AsTextAndJson_NamesTensorsAndTies()
    {
        var text = CommandRun.Of("weights", "info", $"{Golden}/views.pt");
        Assert.Contains("tied        F32   [6, 8]  = base\n", text.Output);
        var json = CommandRun.Of("weights", "info", $"{Golden}/views.pt", "--json");
        Assert.Contains("\"tied\":{\"tied\":\"base\"}", json.Output);
    }

    [Fact]
    public void Init_MakesAModelThatGenerates_TheSameForTheSameSeed()
    {
        var config = Repository.Golden("architectures", "gpt_neox_parallel", "config.json");
        CommandRun Init(string output, params string[] more) =>
            CommandRun.Of(["weights", "init", "--config", config, "--output", $"{_folder}/{output}", .. more]);

        var made = Init("a", "--seed", "7", "--dtype", "bf16");
        Assert.Equal(("", 0), (made.Error, made.ExitCode));
        Assert.Equal($"{_folder}/a: gpt_neox, 15,864 parameters, 31.0 KiB\n", made.Output);
        Assert.Equal(1, Init("a").ExitCode);
        Init("b", "--seed", "7", "--dtype", "bf16");
        Init("c", "--seed", "8", "--dtype", "bf16");
        byte[] Weights(string model) => File.ReadAllBytes($"{_folder}/{model}/model.safetensors");
        Assert.Equal(Weights("a"), Weights("b"));
        Assert.NotEqual(Weights("a"), Weights("c"));
        using var loaded = ModelFolder.Load($"{_folder}/a", new LoadOptions { Strict = true, Warn = Assert.Fail });
        Assert.Equal("bfloat16", loaded.Config.GetString("torch_dtype"));
    }

    [Fact]
    public void Init_WithATokenizerOfMoreTokens_NamesBothSizes()
    {
        using var tiny = new TinyModel();
        var run = CommandRun.Of(
            "weights", "init", "--config", Repository.Golden("architectures", "gpt2", "config.json"), "--output",
            $"{_folder}/out", "--tokenizer", tiny.Path);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'vocab_size' is 53; expected at least the", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"{_folder}/out"));
    }

    [Fact]
    public void InfoAndVerify_AnIncompleteModel_NameWhatIsMissing()
    {
        var model = Path.Combine(Repository.Root, "tests/golden/llama/tied");
        Assert.Contains("lm_head.weight", CommandRun.Of("weights", "info", model).Output);
        Assert.Contains("\"missing\":[]", CommandRun.Of("weights", "info", model, "--json").Output);
        Directory.CreateDirectory(_folder);
        File.Copy($"{model}/model.safetensors", $"{_folder}/model.safetensors");
        File.WriteAllText($"{_folder}/config.json", File.ReadAllText($"{model}/config.json")
            .Replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false"));
        Assert.Contains("missing: lm_head.weight\n", CommandRun.Of("weights", "info", _folder).Output);
        var verified = CommandRun.Of("weights", "verify", _folder, "--json");
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains("\"missing\":[\"lm_head.weight\"]", verified.Output);
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", "Git LFS pointer")]
    [InlineData("<!DOCTYPE html><html>", "web page")]
    public void Recover_StandInsForWeights_AreNamed(string content, string expected)
    {
        File.WriteAllText($"{_folder}/pytorch_model.bin", content);
        var run = CommandRun.Of(
            "weights", "recover", "--path-raw", _folder, "--path-diff", $"{Golden}/diff", "--path-tuned",
            $"{_folder}/out");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error);
    }

    [Fact]
    public void Recover_WithExpectedSum_AcceptsTheRightOneOnly()
    {
        string[] recover = ["weights", "recover", "--path_raw", $"{Golden}/raw", "--path_diff", $"{Golden}/diff",
            "--path_tuned", $"{_folder}/out", "--expect_sum"];
        Assert.Contains("add up to", CommandRun.Of([.. recover, "50637.1836"]).Error);
        Assert.Equal(0, CommandRun.Of([.. recover, "0", "--tolerance", "1e9"]).ExitCode);
        Assert.Contains("\"sum\"", File.ReadAllText($"{_folder}/out/recover_report.json"));
    }

    [Fact]
    public void Convert_ToEasyLmAndBack_KeepsTheModel()
    {
        var model = Path.Combine(Repository.Root, "tests/golden/llama/grouped");
        Assert.Equal(
            ("", 0), Outcome(CommandRun.Of("weights", "convert", model, $"{_folder}/easylm", "--format", "easylm")));
        Assert.Equal(("", 0), Outcome(CommandRun.Of(
            "weights", "convert", $"{_folder}/easylm/streaming_params", $"{_folder}/back", "--config-from", model)));
        Assert.Equal(
            CommandRun.Of("weights", "verify", model).Output.Split('\n')[1],
            CommandRun.Of("weights", "verify", $"{_folder}/back").Output.Split('\n')[1]);
    }

    private static (string Error, int ExitCode) Outcome(CommandRun run) => (run.Error, run.ExitCode);

    [Fact]
    public void Convert_ADangerousFile_EndsAsOneParagraphAndWritesNothing()
    {
        var run = CommandRun.Of("weights", "convert", $"{Golden}/exploit.pt", $"{_folder}/out");
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("caravan: error: ", run.Error);
        Assert.Contains("posix.system", run.Error);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Convert_ABadShardSize_IsExplained() => Assert.Contains("5GB", CommandRun.Of(
        "weights", "shard", $"{Golden}/raw", $"{_folder}/out", "--max-shard-size", "huge").Error);

    [Fact]
    public void ConsolidateMergeLoraAndMerge_Run()
    {
        Assert.Contains("6 tensors", CommandRun.Of(
            "weights", "consolidate", $"{Golden}/zero3", $"{_folder}/zero", "--strip-prefix", "model.").Output);
        Assert.Equal(0, CommandRun.Of(
            "weights", "merge-lora", "--lora_model_name_or_path", $"{Golden}/lora", "--base_model_name_or_path",
            $"{Golden}/lora-base", "--output_dir", $"{_folder}/merged", "--qlora").ExitCode);
        Assert.Equal(0, CommandRun.Of(
            "weights", "merge", $"{Golden}/tuned", $"{Golden}/diff", "--weights", "1", "3", "--output-dir",
            $"{_folder}/mean").ExitCode);
    }
}
