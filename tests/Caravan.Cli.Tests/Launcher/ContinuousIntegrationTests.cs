namespace Caravan.Cli.Tests.Launcher;

[Collection(LauncherSandbox.OneAtATime)]
public sealed class ContinuousIntegrationTests : IDisposable
{
    // As `dotnet test` ends, with the runner of Microsoft.Testing.Platform.
    private const string Summary = """
        /x/A.Tests.dll (net10.0|x64) passed (941ms)
        Test run summary: Failed!

          total: 14
          failed: 1
          succeeded: 11
          skipped: 2
          duration: 5s 081ms

        """;

    private readonly LauncherSandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void Run_TestsFail_EndsWithTheTotalsAndTheTestsExitCode()
    {
        _sandbox.SetTestResult(2, Summary);

        var outcome = Run();

        Assert.Equal(2, outcome.ExitCode);
        Assert.EndsWith("\n11 passed, 1 failed, 2 skipped\n", outcome.Output);
        Assert.Contains("A.Tests.dll (net10.0|x64) passed", outcome.Output);
    }

    [Fact]
    public void Run_AllPass_Succeeds()
    {
        _sandbox.SetTestResult(0, Summary.Replace("failed: 1", "failed: 0"));

        var outcome = Run();

        Assert.Equal(0, outcome.ExitCode);
        Assert.EndsWith("\n11 passed, 0 failed, 2 skipped\n", outcome.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  total: 0\n  failed: 0\n  succeeded: 0\n  skipped: 0\n")]
    public void Run_NoTestRan_Fails(string output)
    {
        _sandbox.SetTestResult(0, output);

        var outcome = Run();

        Assert.Equal(1, outcome.ExitCode);
        Assert.EndsWith("\n0 passed, 0 failed, 0 skipped\n", outcome.Output);
    }

    [Fact]
    public void Run_NothingIsBuilt_FailsWithZeroTotals()
    {
        _sandbox.AddTool("dotnet", "exit 155");

        var outcome = Run();

        Assert.NotEqual(0, outcome.ExitCode);
        Assert.EndsWith("\n0 passed, 0 failed, 0 skipped\n", outcome.Output);
    }

    private Outcome Run() => _sandbox.RunFile(_sandbox.PathTo(".ci/run"), _sandbox.Root);
}
