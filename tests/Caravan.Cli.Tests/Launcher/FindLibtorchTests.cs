namespace Caravan.Cli.Tests.Launcher;

[Collection(LauncherSandbox.OneAtATime)]
public sealed class FindLibtorchTests : IDisposable
{
    private readonly LauncherSandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void Everything_Present_TakesTheChosenThenTheEnvironmentThenTheSystem()
    {
        Assert.Equal("system", Find()["source"]);

        var environment = Path.Combine(_sandbox.Root, "conda env");
        _sandbox.AddLibtorch(Path.Combine(environment, "lib/python3.12/site-packages/torch"), "2.6.0");
        _sandbox.SetEnvironment("CONDA_PREFIX", environment);
        Assert.Equal(("python", "2.6.0"), (Find()["source"], Find()["version"]));

        var activated = Path.Combine(_sandbox.Root, "venv");
        _sandbox.AddLibtorch(Path.Combine(activated, "lib/python3.11/site-packages/torch"), "2.7.1");
        _sandbox.SetEnvironment("VIRTUAL_ENV", activated);
        Assert.Equal(("python", "2.7.1"), (Find()["source"], Find()["version"]));

        var chosen = Path.Combine(_sandbox.Root, "lib torch");
        _sandbox.AddLibtorch(chosen, "2.8.0");
        _sandbox.SetEnvironment("CARAVAN_LIBTORCH", chosen + "/");
        Assert.Equal(("CARAVAN_LIBTORCH", "2.8.0"), (Find()["source"], Find()["version"]));
        Assert.Equal(Path.Combine(chosen, "lib"), Find()["lib"]);
    }

    [Fact]
    public void Environment_WithoutTorch_IsPassedOver()
    {
        _sandbox.SetEnvironment("VIRTUAL_ENV", _sandbox.Root);

        Assert.Equal("system", Find()["source"]);
    }

    [Fact]
    public void DebiansFolders_AreFound()
    {
        _sandbox.RemoveSystemLibtorch();
        _sandbox.AddLibtorch(_sandbox.SystemPrefix, "1.13.1", "lib/x86_64-linux-gnu");
        var config = Path.Combine(_sandbox.SystemPrefix, "lib/x86_64-linux-gnu/cmake/Torch/TorchConfig.cmake");
        Directory.CreateDirectory(Path.GetDirectoryName(config)!);
        File.WriteAllText(config, "");

        Assert.Equal(Path.Combine(_sandbox.SystemPrefix, "lib/x86_64-linux-gnu"), Find()["lib"]);
        Assert.Equal(config, Find()["config"]);
    }

    [Fact]
    public void VersionNumbers_InTheirNewerPlace_AreRead()
    {
        var include = Path.Combine(_sandbox.SystemPrefix, "include/torch");
        Directory.CreateDirectory(Path.Combine(include, "headeronly"));
        File.Move(
            Path.Combine(include, "csrc/api/include/torch/version.h"),
            Path.Combine(include, "headeronly/version.h"));
        File.WriteAllText(
            Path.Combine(include, "csrc/api/include/torch/version.h"),
            "#include <torch/headeronly/version.h>\n");

        Assert.Equal("2.5.1", Find()["version"]);
    }

    [Fact]
    public void TooOld_IsRefusedByNameAndVersion()
    {
        var chosen = Path.Combine(_sandbox.Root, "old");
        _sandbox.AddLibtorch(chosen, "1.12.1");
        _sandbox.SetEnvironment("CARAVAN_LIBTORCH", chosen);

        var outcome = Run();

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"libtorch 1.12 in {chosen} is too old: Caravan needs 1.13 or newer", outcome.Error);
    }

    [Fact]
    public void Nothing_Present_IsAnExitCodeOfItsOwn()
    {
        _sandbox.RemoveSystemLibtorch();

        Assert.Equal(new Outcome(3, "", ""), Run());
    }

    private Outcome Run() => _sandbox.RunFile(_sandbox.PathTo("native/find-libtorch.sh"), _sandbox.Root);

    private Dictionary<string, string> Find() =>
        Run().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('=', 2))
            .ToDictionary(parts => parts[0], parts => parts[1]);
}
