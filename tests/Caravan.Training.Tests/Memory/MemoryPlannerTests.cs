using Caravan.Checkpoints;
using Caravan.Training.Configuration;
using Caravan.Training.Memory;

namespace Caravan.Training.Tests.Memory;

public sealed class MemoryPlannerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-plan-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Plan_OfLlama2_7B_CountsWhatIsPublished()
    {
        using var planner = new MemoryPlanner(
            Config(4096, 11008, 32, 32, 32, 32000) with { Dtype = Precision.Bf16, MaxSeqLength = 4096 });
        var plan = planner.Plan(4096);
        Assert.Equal(6_738_415_616, plan.ParameterCount);
        Assert.Equal(plan.ParameterCount, plan.TrainedCount);
        Assert.Equal(2 * plan.ParameterCount, plan.Parameters);
        // Two moments in fp32, and two bytes that make fp32 numbers of the parameters.
        Assert.Equal(10 * plan.ParameterCount, plan.Optimizer);
        Assert.Equal(2 * plan.ParameterCount, plan.Gradients);
        // Keys and values of 32 layers, 4096 wide, in 2 bytes.
        Assert.Equal(2L * 32 * 4096 * 4096 * 2, plan.KeyValueCache);
        Assert.True(plan.Peak > plan.Parameters + plan.Optimizer + plan.Gradients);
    }

    [Fact]
    public void Plan_OfLlama2_70B_NeedsNoWeights()
    {
        using var planner = new MemoryPlanner(Config(8192, 28672, 80, 64, 8, 32000) with
        {
            Dtype = Precision.Bf16,
            UseQlora = true,
            LoraRank = 64,
            GradientCheckpointing = true,
        });
        var plan = planner.Plan(2048);
        Assert.Equal(68_976_648_192, plan.ParameterCount);
        // Per layer, r · (in + out) of the seven: q and o 2 · 16384, k and v 2 · 9216, gate, up and down 3 · 36864.
        Assert.Equal(80 * 64 * (2 * 16384 + 2 * 9216 + 3 * 36864L), plan.TrainedCount);
        Assert.Equal(8 * plan.TrainedCount, plan.Optimizer);
        // 4.127 bits for each number in the layers, 16 for the embedding and the head.
        var outside = 2L * 32000 * 8192 + (2 * 80 + 1) * 8192;
        var expected = (plan.ParameterCount - outside) * 4.127 / 8 + outside * 2 + plan.TrainedCount * 4;
        Assert.Equal(expected, plan.Parameters, expected * 1e-3);
        Assert.InRange(plan.Peak, 36L << 30, 60L << 30);
    }

    [Fact]
    public void Kept_OfOneLayer_IsWhatItsOperationsKeep()
    {
        using var planner = new MemoryPlanner(Config(64, 96, 1, 4, 2, 100));
        var difference = planner.Plan(1001).Activations - planner.Plan(1).Activations;
        // Input, sum and both norms' outputs 4 · 64; queries and attention's output 2 · 64; keys and values 2 · 32;
        // gate and up 2 · 96, whose product is made again; two numbers of each of four heads and two scales; the last
        // output, its norm, the loss's gradient 3 · 64.
        Assert.Equal(1000 * 4 * (4 * 64 + 2 * 64 + 2 * 32 + 2 * 96 + 10 + 3 * 64), difference);
    }

    [Fact]
    public void Plan_WithCheckpointing_KeepsLayerInputsAndOneLayer()
    {
        var config = Config(64, 96, 8, 4, 2, 100);
        using var planner = new MemoryPlanner(config with { GradientCheckpointing = true });
        using var keeping = new MemoryPlanner(config);
        var inputs = 8 * 64 * 4 * 1000;
        var ends = 3 * 64 * 4 * 1000;
        var one = (keeping.Plan(1000).Activations - ends) / 8;
        Assert.Equal(ends + inputs + one, planner.Plan(1000).Activations);
    }

    [Theory]
    [InlineData(1), InlineData(4)]
    public void Plan_OfSeveralPasses_AddsTheSumsOfThoseBefore(int passes)
    {
        using var planner = new MemoryPlanner(
            Config(64, 96, 2, 4, 2, 100) with { Dtype = Precision.Bf16, GradientAccumulationSteps = passes });
        var plan = planner.Plan(10);
        Assert.Equal(plan.ParameterCount * (passes == 1 ? 2 : 6), plan.Gradients);
    }

    [Fact]
    public void LargestPass_FitsAndOneTokenMoreDoesNot()
    {
        using var planner = new MemoryPlanner(Config(768, 2048, 12, 12, 12, 32000));
        const long Memory = 4L << 30;
        var tokens = planner.LargestPass(Memory);
        Assert.True(planner.Plan(tokens).Peak <= Memory);
        Assert.True(planner.Plan(tokens + 1).Peak > Memory);
        Assert.Equal(0, planner.LargestPass(1 << 20));
    }

    private SftConfig Config(int hidden, int intermediate, int layers, int heads, int keyValueHeads, int vocabulary)
    {
        var config = ModelConfigFile.Create("llama", "LlamaForCausalLM");
        foreach (var (key, value) in new[]
        {
            ("vocab_size", vocabulary), ("hidden_size", hidden), ("intermediate_size", intermediate),
            ("num_hidden_layers", layers), ("num_attention_heads", heads), ("num_key_value_heads", keyValueHeads),
        })
        {
            config.Set(key, value);
        }
        config.Write(_folder);
        return new SftConfig { ModelNameOrPath = _folder, OutputDir = _folder, Dtype = Precision.Fp32 };
    }
}
