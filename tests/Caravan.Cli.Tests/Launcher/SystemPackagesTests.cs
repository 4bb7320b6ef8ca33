namespace Caravan.Cli.Tests.Launcher;

/// <summary>What the launcher does on a machine that lacks libtorch, a compiler or OpenBLAS.</summary>
[Collection(LauncherSandbox.OneAtATime)]
public sealed class SystemPackagesTests : IDisposable
{
    private const string AllPackages = "libtorch-dev g++ cmake make libgloo-dev libopenblas0-pthread";
    private const string InstallCommand = "    sudo apt-get install --no-install-recommends " + AllPackages + "\n";

    private readonly LauncherSandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void AsRoot_PackagesMissing_NamesThemAndInstallsThem()
    {
        MakeBare(withApt: true);

        var outcome = _sandbox.Run("x");

        Assert.Equal("<x>\n", outcome.Output);
        Assert.StartsWith($"caravan: installing system packages (299 MB to download): {AllPackages}\n", outcome.Error);
        Assert.Single(Installations());
        Assert.EndsWith($"install --no-install-recommends -y {AllPackages}", Installations()[0]);
        Assert.EndsWith(" update", _sandbox.CallsOf("apt-get")[0]);
    }

    [Fact]
    public void AsRoot_Installed_TheNextStartDoesNothing()
    {
        MakeBare(withApt: true);
        _sandbox.Run("x");
        var calls = _sandbox.Calls;

        Assert.Equal(new Outcome(7, "<x>\n", ""), _sandbox.Run("x"));
        Assert.Equal(calls, _sandbox.Calls);
    }

    [Fact]
    public void WithSudoThatAsksNothing_PackagesMissing_InstallsThroughIt()
    {
        MakeBare(withApt: true);
        BeUser(sudo: "shift; exec \"$@\"");

        Assert.Equal("<x>\n", _sandbox.Run("x").Output);

        Assert.NotEmpty(_sandbox.CallsOf("sudo -n env DEBIAN_FRONTEND=noninteractive"));
        Assert.Single(Installations());
    }

    [Fact]
    public void WithoutRights_PackagesMissing_GivesTheCommandAndStops()
    {
        MakeBare(withApt: true);
        BeUser(sudo: "exit 1");

        AssertStopsWith(InstallCommand);
    }

    [Fact]
    public void InstallationForbidden_PackagesMissing_GivesTheCommandAndStops()
    {
        MakeBare(withApt: true);
        _sandbox.SetEnvironment("CARAVAN_INSTALL", "0");

        AssertStopsWith(InstallCommand);
    }

    [Fact]
    public void OtherDistribution_LibtorchMissing_TellsTheWaysThatWorkEverywhere()
    {
        MakeBare(withApt: false);

        AssertStopsWith("    python3 -m venv ~/torch && ~/torch/bin/pip install torch\n");
        AssertStopsWith("Install a C++17 compiler, cmake and make");
    }

    [Fact]
    public void DistributionsLibtorchTooOld_IsNotInstalled()
    {
        _sandbox.AddApt(candidate: "1.8.1-1");
        MakeBare(withApt: false);

        AssertStopsWith("pip install torch\n");
    }

    [Fact]
    public void InstallationFails_ShowsWhyAndStops()
    {
        MakeBare(withApt: true);
        _sandbox.AddTool("apt-get", """
            case "$*" in *install*) echo 'E: You don'"'"'t have enough free space'; exit 100 ;; esac
            """);

        var outcome = _sandbox.Run("x");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("E: You don't have enough free space", outcome.Error);
    }

    [Fact]
    public void OnlyOpenBlasMissing_WithoutRights_WarnsAndGoesOn()
    {
        UseReferenceBlas();
        BeUser(sudo: "exit 1");

        var outcome = _sandbox.Run("x");

        Assert.Equal("<x>\n", outcome.Output);
        Assert.Contains("WARNING: libopenblas0-pthread not installed.", outcome.Error);
        Assert.Contains("sudo apt-get install --no-install-recommends libopenblas0-pthread\n", outcome.Error);
    }

    [Fact]
    public void OptionalPackageInstalledLater_IsNoticed()
    {
        File.Delete(Path.Combine(_sandbox.SystemPrefix, LauncherSandbox.GlooHeader));
        BeUser(sudo: "exit 1");
        Assert.Contains("WARNING: libgloo-dev not installed.", _sandbox.Run("x").Error);
        Assert.Equal(new Outcome(7, "<x>\n", ""), _sandbox.Run("x"));

        File.WriteAllText(Path.Combine(_sandbox.SystemPrefix, LauncherSandbox.GlooHeader), "");

        Assert.Equal("<x>\n", _sandbox.Run("x").Output);
        Assert.Equal(2, _sandbox.Builds);
        Assert.Equal(2, _sandbox.CallsOf("cmake --build").Length);
    }

    [Fact]
    public void OnlyOpenBlasMissing_AsRoot_InstallsOnlyIt()
    {
        _sandbox.AddApt();
        UseReferenceBlas();

        Assert.Equal("<x>\n", _sandbox.Run("x").Output);
        Assert.EndsWith("-y libopenblas0-pthread", Assert.Single(Installations()));
    }

    [Fact]
    public void ChosenLibtorchIsNotThere_NamesItAndInstallsNothing()
    {
        _sandbox.AddApt();
        _sandbox.SetEnvironment("CARAVAN_LIBTORCH", "/no/where");

        AssertStopsWith("CARAVAN_LIBTORCH is /no/where, where no libtorch is: expected include/ATen/ATen.h");
    }

    [Fact]
    public void ChosenLibtorchWithoutCompiler_AsksForTheCompilerOnly()
    {
        _sandbox.AddLibtorch(Path.Combine(_sandbox.Root, "torch"));
        _sandbox.SetEnvironment("CARAVAN_LIBTORCH", Path.Combine(_sandbox.Root, "torch"));
        MakeBare(withApt: true);

        Assert.Equal("<x>\n", _sandbox.Run("x").Output);
        Assert.EndsWith("-y g++ cmake make", Assert.Single(Installations()));
    }

    private void MakeBare(bool withApt)
    {
        if (withApt)
            _sandbox.AddApt();
        _sandbox.RemoveSystemLibtorch();
        foreach (var tool in new[] { "c++", "cmake", "make" })
            _sandbox.RemoveTool(tool);
    }

    private void BeUser(string sudo)
    {
        _sandbox.AddTool("id", "echo 1000");
        _sandbox.AddTool("sudo", sudo);
    }

    private void UseReferenceBlas()
    {
        var folder = Path.Combine(_sandbox.SystemPrefix, "lib");
        Directory.CreateDirectory(Path.Combine(folder, "blas"));
        File.WriteAllText(Path.Combine(folder, "blas/libblas.so.3"), "");
        File.Delete(Path.Combine(folder, "libblas.so.3"));
        File.CreateSymbolicLink(Path.Combine(folder, "libblas.so.3"), "blas/libblas.so.3");
    }

    private void AssertStopsWith(string message)
    {
        var outcome = _sandbox.Run("x");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Empty(outcome.Output);
        Assert.Contains(message, outcome.Error);
        Assert.Empty(Installations());
        Assert.Equal(0, _sandbox.Builds);
    }

    private string[] Installations() => [.. _sandbox.CallsOf("apt-get").Where(call => call.Contains(" -y "))];
}
