using System.Text.Json;

namespace Caravan.Cli.Tests.Commands;

public sealed class DoctorCommandTests
{
    [Fact]
    public void Doctor_OnThisMachine_MeasuresLibtorch()
    {
        var run = CommandRun.Of("doctor", "--json");
        Assert.Equal(0, run.ExitCode);
        using var report = JsonDocument.Parse(run.Output);
        var libtorch = report.RootElement.GetProperty("libtorch");
        Assert.Matches(@"^\d+\.\d+", libtorch.GetProperty("version").GetString());
        Assert.InRange(libtorch.GetProperty("threads").GetInt32(), 1, Environment.ProcessorCount);
        Assert.True(libtorch.GetProperty("matmul_gflops").GetProperty("fp32").GetDouble() > 0);
        Assert.True(report.RootElement.GetProperty("memory_bytes").GetInt64() > 0);
        Assert.NotEqual("", report.RootElement.GetProperty("processor").GetString());
    }

    [Fact]
    public void Doctor_ForPeople_ShowsTheSameFacts()
    {
        var run = CommandRun.Of("doctor");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("libtorch", run.Output);
        Assert.Contains("GFLOP/s", run.Output);
        Assert.Empty(run.Error);
    }
}
