using Caravan.Training.Configuration;

namespace Caravan.Training.Tests.Configuration;

public sealed class ConfigurationReaderTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void File_WithOptionsAfterIt_GivesTheRecord()
    {
        var config = Read(
            """
            model_name_or_path: base
            train_file: a.jsonl
            output_dir: out
            learning_rate: 1e-4
            lr_scheduler_type: constant_with_warmup
            packing: true
            max_train_steps: ~
            """,
            ("learning_rate", "3e-4"), ("reduce_loss", "token_mean"));
        Assert.Equal("base", config.ModelNameOrPath);
        Assert.Equal(3e-4, config.LearningRate);
        Assert.Equal(LrSchedulerType.ConstantWithWarmup, config.LrSchedulerType);
        Assert.True(config.Packing);
        Assert.Null(config.MaxTrainSteps);
        Assert.Equal(2, config.NumTrainEpochs);
    }

    [Fact]
    public void AllProblems_AreFoundInOnePass_EachWithItsPlace()
    {
        var error = Assert.Throws<ConfigurationException>(() => Read(
            """
            model_name_or_path: base
            lerning_rate: 1e-4
            warmup_ratio: 3
            lr_scheduler_type: linaer
            max_seq_length: [1]
            """,
            ("num_train_epochs", "0")));
        Assert.Equal(
            [
                $"{_path}:2:1: unknown key 'lerning_rate'; did you mean learning_rate?",
                $"{_path}:3:15: warmup_ratio is '3', expected a number from 0 to 1",
                $"{_path}:4:20: lr_scheduler_type is 'linaer', expected one of linear, cosine, " +
                "cosine_with_restarts, polynomial, constant, constant_with_warmup; did you mean linear?",
                $"{_path}:5:17: max_seq_length holds a list or a mapping, expected a whole number of at least 2",
                "--num-train-epochs: num_train_epochs is '0', expected a whole number of at least 1",
                "output_dir is missing: give it in the configuration file or as --output-dir",
            ],
            error.Problems);
        Assert.False(error.IsUsage);
    }

    [Fact]
    public void KeysWithoutMeaning_AreRefused_UnlessTheyAreIgnoredOrOff()
    {
        const string yaml =
            "model_name_or_path: m\noutput_dir: o\nuse_flash_attn: true\npush_to_hub: false\ntrust_remote_code: true\n";
        File.WriteAllText(_path, yaml);
        var said = new List<string>();
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationReader.Read<SftConfig>(
            _path, [KeyValuePair.Create("zero_stage", "3")],
                new ForeignKeys(OpenInstructKeys.Sft, IgnoreAll: false, said.Add)));
        Assert.Equal(2, error.Problems.Count);
        Assert.StartsWith(
            $"{_path}:5:1: trust_remote_code has no meaning here: no code from a model directory is ever run",
            error.Problems[0]);
        Assert.StartsWith("--zero-stage: zero_stage has no meaning here", error.Problems[1]);
        Assert.Equal(2, said.Count);
        var config = ConfigurationReader.Read<SftConfig>(_path, [],
            new ForeignKeys(OpenInstructKeys.Sft, IgnoreAll: true, said.Add));
        Assert.Equal("m", config.ModelNameOrPath);
    }

    [Fact]
    public void Lists_AreTakenInEveryForm()
    {
        Assert.Equal(["a b.jsonl"], Read("model_name_or_path: m\noutput_dir: o\ntrain_file: a b.jsonl").TrainFile);
        Assert.Equal(["a", "b"], Read("model_name_or_path: m\noutput_dir: o\ntrain_file: [a, b]").TrainFile);
        Assert.Equal(["x", "y"],
            Read("model_name_or_path: m\noutput_dir: o\ntrain_file: a", ("train_file", "x"), ("train_file", "y"))
            .TrainFile);
        Assert.Equal(["a.jsonl", "0.5"],
            Read("model_name_or_path: m\noutput_dir: o", ("dataset_mixer", "{\"a.jsonl\": 0.5}")).DatasetMixer);
        Assert.Contains("tokenizer_name is given twice, here as 'tokenizer_name_or_path'",
            Assert.Throws<ConfigurationException>(() =>
            Read("model_name_or_path: m\noutput_dir: o\ntokenizer_name: a\ntokenizer_name_or_path: b")).Message);
    }

    [Theory]
    [InlineData("train_file: \"a", ":1:13: this is not valid YAML")]
    [InlineData("seed: 1\n  learning_rate: 2", ":2:")]
    [InlineData("a: [1\nb: 2", ": this is not valid YAML")]
    [InlineData("- a", ": expected one mapping of keys to values")]
    public void BrokenYaml_NamesItsPlace(string yaml, string expected)
    {
        var error = Assert.Throws<Files.BadInputException>(() => Read(yaml));
        Assert.StartsWith(_path + expected, error.Message);
    }

    private SftConfig Read(string yaml, params (string Key, string Value)[] options)
    {
        File.WriteAllText(_path, yaml);
        return ConfigurationReader.Read<SftConfig>(_path,
            options.Select(option => KeyValuePair.Create(option.Key, option.Value)));
    }
}
