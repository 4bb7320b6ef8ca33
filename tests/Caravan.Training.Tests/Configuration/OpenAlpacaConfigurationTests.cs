using Caravan.Files;
using Caravan.Training.Configuration;

namespace Caravan.Training.Tests.Configuration;

public sealed class OpenAlpacaConfigurationTests : IDisposable
{
    private static readonly string Published =
        Path.Combine(Repository.Root, "tests", "Caravan.Training.Tests", "Fixtures", "openalpaca");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan-openalpaca-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void PublishedPair_BecomesTheRecipeOfItsDescription()
    {
        var recipe = ConfigurationReader.Read<SftConfig>(
            Path.Combine(Repository.Root, "configs", "sft", "openalpaca_7b.yaml"), []);
        var notices = new List<string>();
        var config = Read(Published, notices.Add);
        Assert.Equal(
            ConfigKey.Changed(recipe).Where(pair => !Paths.ContainsKey(pair.Key)),
            ConfigKey.Changed(config).Where(pair => !Paths.ContainsKey(pair.Key)));
        var notice = Assert.Single(notices);
        Assert.All(
            ["penalty_alpha", "zero_optimization.stage", "train.max_shard_size", "bf16.enable"],
            name => Assert.Contains(name, notice));
    }

    [Fact]
    public void Options_WinOverThePair()
    {
        var config = ConfigurationReader.ReadConverted<SftConfig>(
            OpenAlpacaConfiguration.Read(Published, _ => { }),
            Paths.Append(KeyValuePair.Create("chat_template_name", "openalpaca-v2"))
                .Append(KeyValuePair.Create("max_seq_length", "1536")));
        Assert.Equal(("openalpaca-v2", 1536), (config.ChatTemplateName, config.MaxSeqLength));
    }

    [Fact]
    public void SeveralDevices_TakeOneBatchOfAllOfThem()
    {
        var config = Read(Changed(json: ("micro_batch_size_per_gpu\": 1", "micro_batch_size_per_gpu\": 4")));
        Assert.Equal((4, 16), (config.PerDeviceTrainBatchSize, config.GradientAccumulationSteps));
    }

    [Fact]
    public void SeededRun_KeepsItsSeed() => Assert.Equal(3, Read(Changed(yaml: ("seed: 0", "seed: 3"))).Seed);

    [Theory]
    [InlineData("\"lr\": 0.00002", "\"lr\": 0.00003",
        "34:24: scheduler.params.warmup_max_lr is '0.00002', expected optimizer.params.lr, which is 0.00003")]
    [InlineData("\"Adam\"", "\"Lamb\"", "22:13: optimizer.type is 'Lamb', expected Adam or AdamW")]
    [InlineData("\"WarmupDecayLR\"", "\"OneCycle\"", "31:13: scheduler.type is 'OneCycle', expected WarmupDecayLR")]
    [InlineData("\"eps\"", "\"epsilon\"", "26:18: unknown key 'optimizer.params.epsilon'")]
    [InlineData("\"gradient_clipping\"", "\"gradient_cliping\"",
        "6:23: unknown key 'gradient_cliping'; did you mean gradient_clipping?")]
    [InlineData("\"train_batch_size\": 64", "\"train_batch_size\": 0",
        "2:23: train_batch_size is '0', expected a whole multiple")]
    [InlineData("\"warmup_min_lr\": 0", "\"warmup_min_lr\": 1e-6",
        "33:24: scheduler.params.warmup_min_lr is '1e-6', expected 0")]
    public void Setting_ThatWouldBeAnotherRun_IsRefusedWithItsPlace(string part, string by, string message)
    {
        var error = Assert.Throws<ConfigurationException>(() => Read(Changed(json: (part, by))));
        Assert.Contains(Path.Combine("dsconfig", "openllama.json") + ":" + message, Assert.Single(error.Problems));
        Assert.False(error.IsUsage);
    }

    [Fact]
    public void Problems_OfBothFiles_AreAllNamed()
    {
        var error = Assert.Throws<ConfigurationException>(() => Read(Changed(
            yaml: ("epochs: 2", "epochs: two\n    epoch: 2"), json: ("\"WarmupDecayLR\"", "\"Cosine\""))));
        Assert.Equal(3, error.Problems.Count);
        Assert.Contains(error.Problems, problem => problem.Contains("openllama.yaml:14:13: num_train_epochs is 'two'"));
        Assert.Contains(error.Problems, problem => problem.Contains("did you mean train.epochs?"));
    }

    [Fact]
    public void Folder_WithoutTheFiles_IsNamed() => Assert.Contains(
        Path.Combine(_folder.FullName, "config", "openllama.yaml"),
        Assert.Throws<BadInputException>(() => Read(_folder.FullName)).Message);

    private static Dictionary<string, string> Paths => new()
    {
        ["model_name_or_path"] = "model",
        ["train_file"] = "openalpaca.json",
        ["output_dir"] = "out",
    };

    private static SftConfig Read(string folder, Action<string>? say = null) =>
        ConfigurationReader.ReadConverted<SftConfig>(OpenAlpacaConfiguration.Read(folder, say ?? (_ => { })), Paths);

    // The published pair with a part of each file replaced.
    private string Changed((string Part, string By) yaml = default, (string Part, string By) json = default)
    {
        Copy(Path.Combine("config", "openllama.yaml"), yaml);
        Copy(Path.Combine("dsconfig", "openllama.json"), json);
        return _folder.FullName;
    }

    private void Copy(string file, (string Part, string By) change)
    {
        var text = File.ReadAllText(Path.Combine(Published, file));
        if (change.Part is { } part)
        {
            Assert.Contains(part, text);
            text = text.Replace(part, change.By);
        }
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder.FullName, file))!);
        File.WriteAllText(Path.Combine(_folder.FullName, file), text);
    }
}
