using Caravan.Cli.Benchmarks;
using Caravan.Cli.Terminals;
using Caravan.Torch;

namespace Caravan.Cli.Tests.Benchmarks;

public sealed class TrainingBenchmarkTests
{
    private static readonly TrainingResult Step = new("caravan", "15M", "bf16", 2, 512, 6000, 610, 900);

    private static readonly TrainingBenchmark Complete = new(
        new MachineRates(100, 800, 2500, 14.2),
        [Step, Step with { Threads = 1, TokensPerSecond = 3200, Gflops = 325 }],
        [new("pytorch", "15M", "bf16", 2, 512, 1500, 150, 3800), new("pytorch", "15M", "fp32", 2, 512, 900, 90, 3600)],
        "",
        new Dictionary<string, IReadOnlyList<OperatorTime>>
        {
            ["15M"] = [new("attention forward", 30, 400), new("AdamW", 10, null)],
        },
        new ThreadScaling(2, 1.95, 1.4, 1.875));

    [Fact]
    public void Page_WithAPeer_IsAsApproved() => ApprovedText.Matches("bench train", Render(Complete));

    [Fact]
    public void Page_WithoutAPeer_SaysWhy()
    {
        var page = Render(Complete with { Peers = [], NoPeer = "/usr/bin/python3 has no PyTorch" });
        Assert.Contains("/usr/bin/python3 has no PyTorch", page);
    }

    [Fact]
    public void Peer_OfAPythonThatIsNotThere_IsNoneWithAReason()
    {
        Assert.Null(TrainingPeer.Find("/nowhere/python", out var reason));
        Assert.NotEmpty(reason);
    }

    [Fact]
    public void Case_WrittenAndRead_IsTheSame()
    {
        var measured = new TrainingCase(TrainingSize.Medium.WithLength(512), IsBFloat16: false, Threads: 3, Steps: 4);
        Assert.Equal(measured, TrainingCase.Parse(measured.ToString()));
        Assert.Throws<FormatException>(() => TrainingCase.Parse("15M,bf16"));
    }

    [Fact]
    public void Result_WrittenAndRead_IsTheSame() => Assert.Equal(Step, TrainingResult.FromJson(Step.ToJson()));

    [Fact]
    public void Scaling_OfATinyModel_GivesRatios()
    {
        var size = new TrainingSize("tiny", 32, 1, 2, 48, 100, 2, 16);
        var before = Libtorch.Threads;
        var scaling = ThreadScaling.Measure(new TrainingCase(size, IsBFloat16: true, Threads: 2, Steps: 1));
        Libtorch.Threads = before;
        Assert.True(scaling is { Threads: 2, Registers: > 0, Copies: > 0, Step: > 0 });
        Assert.Equal(scaling, ThreadScaling.FromJson(scaling.ToJson()));
    }

    [Fact]
    public void Measure_OfATinyModel_GivesRatesAndOperators()
    {
        var size = new TrainingSize("tiny", 32, 1, 2, 48, 100, 2, 16);
        var threads = Libtorch.Threads;
        var result = TrainingStep.Measure(new TrainingCase(size, IsBFloat16: true, threads, Steps: 1));
        Assert.True(result.TokensPerSecond > 0 && result.PeakResidentMebibytes > 0);
        var operators = OperatorTime.FromJson(OperatorTime.ToJson(
            OperatorProfile.Measure(new TrainingCase(size, IsBFloat16: true, threads, Steps: 1))));
        Assert.Contains(operators, time => time.Name == "attention gradients" && time.Gflops > 0);
        Assert.All(operators, time => Assert.True(time.Milliseconds > 0, time.Name));
    }

    private static string Render(TrainingBenchmark benchmark)
    {
        var output = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal { In = TextReader.Null, Out = output, Error = TextWriter.Null, Width = 120 };
        TrainingBenchmarkPage.Write(benchmark, terminal);
        return output.ToString();
    }
}
