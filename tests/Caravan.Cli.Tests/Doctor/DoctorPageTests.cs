using Caravan.Cli.Doctor;
using Caravan.Cli.Terminals;

namespace Caravan.Cli.Tests.Doctor;

public sealed class DoctorPageTests
{
    private static readonly LibtorchFacts Debian = new(
        "1.13.0", "/usr/lib/x86_64-linux-gnu", 8, "reference BLAS", "2.6.3", "4.5", "AVX2", 0, Gloo: false, Nccl: false,
        new Dictionary<string, bool> { ["aten::scaled_dot_product_attention"] = false, ["aten::rms_norm"] = false },
        new Dictionary<string, double> { ["bf16"] = 412.3, ["fp32"] = 6.8 },
        ["cpu, fp32 and bf16: SIMD code, 256-bit vectors, 8 threads", "cpu, bf16 products: libtorch"]);

    private static readonly LibtorchFacts Complete = Debian with
    {
        Version = "2.9.0",
        Blas = "MKL",
        CudaDevices = 1,
        Gloo = true,
        Nccl = true,
        FusedOperators = new Dictionary<string, bool> { ["aten::scaled_dot_product_attention"] = true },
        MatmulGflops = new Dictionary<string, double> { ["bf16"] = 800, ["fp32"] = 400 },
    };

    [Fact]
    public void Page_SlowMachineWithUnusedGpu_IsAsApproved() => ApprovedText.Matches("doctor page",
        Render(Report(Debian, Diagnosis.Of(Debian, gpus: 1), "NVIDIA H200")));

    [Fact]
    public void Page_CompleteMachine_SaysThatNothingIsMissing()
    {
        var page = Render(Report(Complete, Diagnosis.Of(Complete, gpus: 1), "NVIDIA H200"));
        Assert.EndsWith("Nothing is missing.\n", page);
    }

    [Fact]
    public void Page_NoLibtorch_ShowsWhatIsKnownAndTheRemedy()
    {
        var page = Render(Report(null, [Diagnosis.LibtorchMissing("libcaravan_torch.so cannot be loaded")]));
        Assert.Contains("broken\n  libtorch cannot be used: libcaravan_torch.so cannot be loaded", page);
        Assert.Contains("apt-get install libtorch-dev", page);
        Assert.Contains("Processor", page);
    }

    [Fact]
    public void Json_OfReport_IsAsApproved() => ApprovedText.Matches("doctor json",
        Report(Debian, Diagnosis.Of(Debian, gpus: 0)).ToJson());

    [Fact]
    public void Diagnosis_SlowProductsWithFastBlas_DoNotBlameTheBlas()
    {
        var slow = Complete with { MatmulGflops = new Dictionary<string, double> { ["fp32"] = 3 } };
        Assert.Empty(Diagnosis.Of(slow, gpus: 0));
    }

    [Fact]
    public void Diagnosis_SeveralGpusWithoutNccl_IsSlow()
    {
        var finding = Assert.Single(Diagnosis.Of(Complete with { CudaDevices = 2, Nccl = false }, gpus: 2));
        Assert.Equal(Severity.Slow, finding.Severity);
    }

    private static MachineReport Report(
        LibtorchFacts? libtorch, IReadOnlyList<Finding> findings, params string[] gpus) => new(
        "0.1.0", "0123456789abcdef", "10.0.1", "Debian GNU/Linux 12 (bookworm)", "6.1.0", "Example CPU",
        ["avx2", "fma"], 8,
        64L << 30, 60L << 30, "/home/ada/runs", 500L << 30, gpus, libtorch, findings);

    private static string Render(MachineReport report)
    {
        var output = new StringWriter { NewLine = "\n" };
        DoctorPage.Write(report, new Terminal
        {
            In = TextReader.Null,
            Out = output,
            Error = TextWriter.Null,
            Width = CommandRun.Width,
        });
        return output.ToString();
    }
}
