using Caravan.Text;
using Caravan.Training.Configuration;

namespace Caravan.Training.Tests.Configuration;

public sealed class RecipesTests
{
    private static readonly string Configs = Path.Combine(Repository.Root, "configs", "sft");
    private static readonly string Fixtures =
        Path.Combine(Repository.Root, "tests", "Caravan.Training.Tests", "Fixtures");

    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Configs, "*.yaml").Select(path => Path.GetFileName(path)!).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void Recipe_IsRead_AndEveryLineOfItCounts(string name)
    {
        var path = Path.Combine(Configs, name);
        var config = ConfigurationReader.Read<SftConfig>(path, []);
        Assert.StartsWith("#", File.ReadLines(path).First());
        Assert.Single(config.TrainFile);
        Assert.Contains(config.ChatTemplateName, ChatTemplate.All.Select(template => template.Name));
    }

    // lr, epochs, records an update, longest record: the table of published hyper-parameters.
    [Theory]
    [InlineData("tulu1_7b", 2e-5, 2, 128, 2048), InlineData("tulu1_13b", 2e-5, 2, 128, 2048)]
    [InlineData("tulu1_30b", 1e-5, 2, 128, 1024), InlineData("tulu1_65b", 1e-5, 2, 128, 1024)]
    [InlineData("tulu2_7b", 2e-5, 2, 128, 8192), InlineData("tulu2_13b", 2e-5, 2, 128, 8192),
        InlineData("tulu2_70b", 1e-5, 2, 128, 8192)]
    [InlineData("tulu2_7b_lora", 1e-4, 5, 128, 4096), InlineData("tulu2_70b_qlora", 1e-4, 5, 128, 4096)]
    [InlineData("openalpaca_7b", 2e-5, 2, 64, 1024), InlineData("openalpaca_3b", 2e-5, 3, 64, 1536)]
    [InlineData("alpaca_7b", 2e-5, 3, 128, 512), InlineData("olmo_7b", 2e-6, 3, 128, 4096),
        InlineData("olmo2_7b", 1e-5, 2, 128, 4096)]
    public void Recipe_HasThePublishedSettings(string name, double rate, int epochs, int batch, int length)
    {
        var config = ConfigurationReader.Read<SftConfig>(Path.Combine(Configs, name + ".yaml"), []);
        Assert.Equal((rate, epochs, batch, length), (config.LearningRate, config.NumTrainEpochs,
            config.PerDeviceTrainBatchSize * config.GradientAccumulationSteps, config.MaxSeqLength));
        Assert.Equal(name.StartsWith("openalpaca", StringComparison.Ordinal) ? 0.1 : 0.03, config.WarmupRatio);
    }

    [Theory]
    [InlineData("tulu2_7b.yaml"), InlineData("tulu2_7b_lora.yaml"), InlineData("tulu2_7b_qlora.yaml")]
    public void OpenInstructConfiguration_IsUnderstoodAsItStands(string name)
    {
        var notices = new List<string>();
        var config = ConfigurationReader.Read<SftConfig>(
            Path.Combine(Fixtures, name), [], new ForeignKeys(OpenInstructKeys.Sft, IgnoreAll: false, notices.Add));
        Assert.Equal("models/llama-2-7b", config.ModelNameOrPath);
        Assert.Contains(notices, notice => notice.Contains("use_slow_tokenizer has no meaning here"));
        if (name == "tulu2_7b_lora.yaml")
        {
            Assert.Equal(["data/tulu-v2"], config.TrainFile);
            Assert.True(config.UseLora);
        }
        else if (name == "tulu2_7b.yaml")
        {
            Assert.Equal(LossReduction.Sum, config.ReduceLoss);
            Assert.Equal(["data/tulu-v2 1.0"], config.DatasetMixer);
            Assert.Equal(new Interval(null), config.CheckpointingSteps);
            Assert.True(RunLogEvents(config));
        }
        else
        {
            Assert.Equal(["data/tulu-v2.jsonl", "1.0", "data/extra.jsonl", "500"], config.DatasetMixer);
            Assert.True(config.UseQlora);
        }
    }

    [Fact]
    public void Templates_InTheList_AreAllThereAre() => Assert.Equal(
        [.. ChatTemplate.All.Select(template => template.Name), "tokenizer"],
        ConfigKey.Of<SftConfig>().Single(key => key.Name == "chat_template_name").Words);

    private static bool RunLogEvents(SftConfig config) => Training.Run.RunLog.WantsEvents(config.ReportTo);
}
