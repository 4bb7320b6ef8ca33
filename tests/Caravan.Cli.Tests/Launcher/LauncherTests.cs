using System.Diagnostics;

namespace Caravan.Cli.Tests.Launcher;

[Collection(LauncherSandbox.OneAtATime)]
public sealed class LauncherTests : IDisposable
{
    private const string Program = "artifacts/bin/Caravan.Cli/release/caravan";
    private const string NativeLibrary = "artifacts/bin/Caravan.Cli/release/libcaravan_torch.so";

    private readonly LauncherSandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void Start_Anything_PassesArgumentsOutputAndExitCodeThrough()
    {
        var outcome = _sandbox.Run("train", "two words", "", "--x=*", "quo\"te'");

        Assert.Equal(7, outcome.ExitCode);
        Assert.Equal("<train>\n<two words>\n<>\n<--x=*>\n<quo\"te'>\n", outcome.Output);
    }

    [Fact]
    public void Start_FirstTime_BuildsTheProgramOnlyAndSaysSoInOneLine()
    {
        var outcome = _sandbox.Run("x");

        Assert.Matches(@"^caravan: building … \d+ s\n$", outcome.Error);
        Assert.Single(_sandbox.CallsOf("dotnet build"));
        Assert.Single(_sandbox.CallsOf("dotnet build src/Caravan.Cli -c Release"));
    }

    [Fact]
    public void Start_NothingChanged_RunsTheProgramAndNothingElse()
    {
        _sandbox.Run("x");
        var before = _sandbox.Calls;

        var outcome = _sandbox.Run("x");

        Assert.Equal(new Outcome(7, "<x>\n", ""), outcome);
        Assert.Equal(before, _sandbox.Calls);
    }

    [Fact]
    public void Start_NothingChanged_TakesLessThanThreeTenthsOfASecond()
    {
        _sandbox.Run("x");

        var fastest = Enumerable.Range(0, 5).Min(_ => Time(() => _sandbox.Run("x")));

        Assert.InRange(fastest, TimeSpan.Zero, TimeSpan.FromSeconds(0.3));
    }

    public static TheoryData<string, Action<LauncherSandbox>> Changes => new()
    {
        { "edited source", sandbox => sandbox.Write("src/Caravan.Cli/Program.cs", "return 1;") },
        { "new source", sandbox => sandbox.Write("src/Caravan.Text/New.cs", "") },
        { "deleted source", sandbox => File.Delete(sandbox.PathTo("src/Caravan.Text/Old.cs")) },
        { "edited C++", sandbox => sandbox.Write("native/caravan_torch.cpp", "int x;") },
        { "edited build rules", sandbox => sandbox.Write("Directory.Build.props", "<Project></Project>") },
        { "another SDK asked for", sandbox => sandbox.Write("global.json", "{}") },
        { "lost program", sandbox => File.Delete(sandbox.PathTo(Program)) },
        { "lost library", sandbox => File.Delete(sandbox.PathTo(NativeLibrary)) },
        { "all results lost", sandbox => Directory.Delete(sandbox.PathTo("artifacts"), recursive: true) },
        { "upgraded libtorch", sandbox => sandbox.AddLibtorch(sandbox.SystemPrefix, "2.6.0") },
        { "another libtorch", ChooseAnotherLibtorch },
        { "source moved here with an old date", MoveOldFileIn },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Start_SomethingChanged_BuildsOnceMore(string what, Action<LauncherSandbox> change)
    {
        _sandbox.Run("x");
        change(_sandbox);

        var outcome = _sandbox.Run("x");

        Assert.Equal(7, outcome.ExitCode);
        Assert.True(_sandbox.Builds == 2, $"{what}: {_sandbox.Builds} builds");
        _sandbox.Run("x");
        Assert.Equal(2, _sandbox.Builds);
    }

    [Fact]
    public void Start_ThroughALinkFromElsewhere_FindsItsCheckout()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(_sandbox.Tools, "else where")).FullName;
        var link = Path.Combine(elsewhere, "start caravan");
        File.CreateSymbolicLink(link, _sandbox.PathTo("caravan"));

        Assert.Equal("<x>\n", _sandbox.RunFile(link, elsewhere, "x").Output);
    }

    [Fact]
    public void Start_WithoutArguments_AsksTheProgramForHelp() => Assert.Equal("<--help>\n", _sandbox.Run().Output);

    [Fact]
    public void Start_BuildFails_ShowsTheErrorsAndRunsNothingUntilItIsRepaired()
    {
        var dotnet = File.ReadAllText(Path.Combine(_sandbox.Tools, "dotnet"));
        _sandbox.AddTool("dotnet", """
            case $1 in
              --version) echo 10.0.401 ;;
              --list-sdks) echo '10.0.401 [/sdk]' ;;
              build) echo 'Program.cs(3,1): error CS1002: ; expected'; echo chatter; exit 1 ;;
            esac
            """);

        for (var attempt = 1; attempt <= 2; attempt++)
        {
            var outcome = _sandbox.Run("x");
            Assert.Equal(1, outcome.ExitCode);
            Assert.Empty(outcome.Output);
            Assert.Contains("error CS1002: ; expected\n", outcome.Error);
            Assert.DoesNotContain("chatter", outcome.Error);
            Assert.Equal(attempt, _sandbox.Builds);
        }

        File.WriteAllText(Path.Combine(_sandbox.Tools, "dotnet"), dotnet);
        Assert.Equal("<x>\n", _sandbox.Run("x").Output);
    }

    [Fact]
    public void Start_NativeLibraryDoesNotCompile_ShowsTheCompilersErrors()
    {
        _sandbox.AddTool("cmake", "echo 'caravan_torch.cpp:5:1: error: no such type'; exit 1");

        var outcome = _sandbox.Run("x");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("caravan_torch.cpp:5:1: error: no such type\n", outcome.Error);
    }

    [Fact]
    public async Task Start_SeveralAtOnce_BuildsOnce()
    {
        var dotnet = Path.Combine(_sandbox.Tools, "dotnet");
        File.WriteAllText(dotnet, File.ReadAllText(dotnet).Replace("build)\n", "build)\n    sleep 0.5\n"));

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => _sandbox.Run("x"))));

        Assert.All(outcomes, outcome => Assert.Equal("<x>\n", outcome.Output));
        Assert.Equal(1, _sandbox.Builds);
    }

    [Fact]
    public void Start_SdkTooOld_SaysWhichOneAndHowToGetIt()
    {
        _sandbox.AddTool("dotnet", "echo 'A compatible .NET SDK was not found.' >&2; exit 155");

        var outcome = _sandbox.Run("x");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("A compatible .NET SDK was not found.", outcome.Error);
        Assert.Contains("the .NET SDK 10.0 (at least 10.0.400) is needed", outcome.Error);
        Assert.Contains("dotnet-install.sh | bash -s -- --channel 10.0\n", outcome.Error);
    }

    [Fact]
    public void Test_Anything_BuildsTheSolutionAndPassesArgumentsAndExitCodeThrough()
    {
        _sandbox.SetTestResult(2, "one failed\n");

        var outcome = _sandbox.Run("test", "--filter-class", "A b");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("one failed\n", outcome.Output);
        Assert.Single(_sandbox.CallsOf("dotnet build Caravan.slnx -c Release"));
        Assert.Equal(
            "dotnet test -c Release --no-build --solution Caravan.slnx --filter-class A b", _sandbox.Calls[^1]);
    }

    [Fact]
    public void Test_OneProject_RunsOnlyIts()
    {
        _sandbox.Run("test", "--project", "tests/A");

        Assert.Equal("dotnet test -c Release --no-build --project tests/A", _sandbox.Calls[^1]);
    }

    [Fact]
    public void Test_AfterItsBuild_TheProgramNeedsNoOther()
    {
        _sandbox.Run("test");
        _sandbox.Run("x");
        Assert.Equal(1, _sandbox.Builds);

        _sandbox.Write("tests/SomeTests.cs", "changed");
        _sandbox.Run("x");
        Assert.Equal(1, _sandbox.Builds);
        _sandbox.Run("test");
        Assert.Equal(2, _sandbox.Builds);
    }

    private static void ChooseAnotherLibtorch(LauncherSandbox sandbox)
    {
        var folder = Path.Combine(sandbox.SystemPrefix, "an other");
        sandbox.AddLibtorch(folder, "2.4.0");
        sandbox.SetEnvironment("CARAVAN_LIBTORCH", folder);
    }

    private static void MoveOldFileIn(LauncherSandbox sandbox)
    {
        var backup = sandbox.PathTo("backup/Old.cs");
        sandbox.Write("backup/Old.cs", "// as it was");
        File.SetLastWriteTimeUtc(backup, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.Move(backup, sandbox.PathTo("src/Caravan.Text/Old.cs"), overwrite: true);
    }

    private static TimeSpan Time(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed;
    }
}
