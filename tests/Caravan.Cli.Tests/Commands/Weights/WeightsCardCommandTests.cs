namespace Caravan.Cli.Tests.Commands.Weights;

public sealed class WeightsCardCommandTests : IDisposable
{
    private static readonly string Golden = Path.Combine(Repository.Root, "tests/golden/checkpoints");

    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-").FullName;
    private readonly string _base;

    public WeightsCardCommandTests()
    {
        foreach (var file in Directory.GetFiles($"{Golden}/tuned"))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        _base = Directory.CreateDirectory($"{_folder}/base").FullName;
        File.WriteAllText($"{_base}/LICENSE", "The base's terms.\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private CommandRun Card(params string[] options) => CommandRun.Of(
        ["weights", "card", _folder, "--model-name", "me/tulu-tiny", "--base-model", "LLaMA 7B", .. options]);

    private string Read(string name) => File.ReadAllText(Path.Combine(_folder, name));

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void Card_OfADiffWithScoresAndLineage_IsAsApproved()
    {
        PrepareMixture();
        var scores = Write("scores.json", """{"MMLU 0-shot": 59.2, "GSM CoT": 60.0, "Average": 46.3}""");
        var run = Card(
            "--diff", "--scores", scores, "--score", "My benchmark=12.5", "--base-path", _base, "--dataset",
            "allenai/tulu-v2-sft-mixture", "--gated-prompt", "Agree: \"yes\"", "--gated-field", "Name=text",
            "--gated-field",
            "I agree=checkbox");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal($"{_folder}: card and licence of tulu-tiny\n", run.Output);
        ApprovedText.Matches("weights card diff", Read("README.md"));
        ApprovedText.Matches("weights card licence", Read("LICENSE.txt"));
        Assert.Equal("The base's terms.\n", Read("base_license.txt"));
    }

    // Dolly and LIMA in one mixture; its manifest lies in the model's folder.
    private void PrepareMixture()
    {
        var raw = Path.Combine(_folder, "raw");
        Directory.CreateDirectory($"{raw}/dolly");
        Directory.CreateDirectory($"{raw}/lima");
        File.WriteAllText($"{raw}/dolly/databricks-dolly-15k.jsonl",
            """{"instruction": "Name a river.", "context": "", "response": "The Elbe."}""" + "\n");
        File.WriteAllText($"{raw}/lima/train.jsonl",
            """{"conversations": ["Why?", "Because."], "source": "x"}""" + "\n");
        foreach (var dataset in new[] { "dolly", "lima" })
        {
            Assert.Equal(
                0, CommandRun.Of("data", "prepare", dataset, "--raw", raw, "--out", $"{_folder}/data").ExitCode);
        }
        var recipe = Write("mix.yaml", $"""
            name: mine
            parts:
            - file: {_folder}/data/dolly/dolly_data.jsonl
              amount: 1.0
            - file: {_folder}/data/lima/lima_data.jsonl
              amount: 1.0
            """);
        Assert.Equal(0, CommandRun.Of("data", "mix", recipe, "--raw", raw, "--out", $"{_folder}/mixes").ExitCode);
        var manifest = Directory.EnumerateFiles($"{_folder}/mixes/mine", "*.report.json").First();
        File.Copy(manifest, Path.Combine(_folder, Path.GetFileName(manifest)));
    }

    [Fact]
    public void Card_OfAFullModel_SaysHowToUseItAndWhatIsMissing()
    {
        var run = Card("--prompt-format", "openalpaca");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("warning: there is no record of the training data", run.Error);
        Assert.Contains("warning: the licence of LLaMA 7B is not among the files", run.Error);
        var card = Read("README.md");
        Assert.Contains("caravan chat --model tulu-tiny", card);
        Assert.Contains("### Instruction:\n{instruction}", card);
        Assert.DoesNotContain("diff", card);
        Assert.DoesNotContain("<|assistant|>", card);
    }

    [Fact]
    public void Card_OfADiffMadeHere_SaysSo()
    {
        Write("caravan-diff.json", "{}");
        Card();
        Assert.Contains("**This is a model diff.**", Read("README.md"));
    }

    [Fact]
    public void Card_RunsDataFile_StatesTheStrictestTerms()
    {
        Write("data.json", """
            {"licence": "CC BY-NC 4.0", "sources": [{"file": "a.jsonl", "records": 5, "licences": [
              {"dataset": "dolly", "licence": "CC BY-SA 3.0", "use": "ShareAlike"},
              {"dataset": "stanford_alpaca", "licence": "CC BY-NC 4.0", "use": "NonCommercial"}]}]}
            """);
        Card();
        var card = Read("README.md");
        Assert.Contains("The strictest terms among the training data are: **CC BY-NC 4.0**.", card);
        Assert.Contains(
            "| [dolly](https://huggingface.co/datasets/databricks/databricks-dolly-15k) | – | CC BY-SA 3.0 |", card);
    }

    [Fact]
    public void Licence_OfOnesOwn_GetsTheName()
    {
        var run = Card("--licence-file", Write("mine.txt", "<MODELNAME> may be used."));
        Assert.Equal("tulu-tiny may be used.", Read("LICENSE.txt"));
        Assert.DoesNotContain("<MODELNAME>", run.Error);
        var without = Card("--overwrite", "--licence-file", Write("other.txt", "It may be used."));
        Assert.Contains("other.txt: no <MODELNAME> is in it", without.Error);
    }

    [Fact]
    public void Card_ThereAlready_IsReplacedOnRequestOnly()
    {
        Write("README.md", "mine");
        var run = Card();
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("README.md: is there already. Give --overwrite", run.Error);
        Assert.Equal("mine", Read("README.md"));
        Assert.Equal(0, Card("--overwrite").ExitCode);
    }

    [Theory]
    [InlineData("--score", "MMLU 0-sho=1", "Did you mean 'MMLU 0-shot'?")]
    [InlineData("--score", "59.2", "expected BENCHMARK=NUMBER")]
    [InlineData("--gated-field", "Name=colour", "expected NAME=text or NAME=checkbox")]
    [InlineData("--training-data", "/nowhere.json", "/nowhere.json: there is no such file.")]
    [InlineData("--licence-file", "/nowhere.txt", "/nowhere.txt: there is no such file.")]
    public void Card_UnusableOption_IsExplainedAndNothingIsWritten(string option, string value, string message)
    {
        var run = Card(option, value);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error);
        Assert.False(File.Exists(Path.Combine(_folder, "README.md")));
    }

    [Fact]
    public void Card_NotAModelFolder_IsRefused() => Assert.Contains(
        "config.json", CommandRun.Of("weights", "card", _base, "--model-name", "m", "--base-model", "b").Error);
}
