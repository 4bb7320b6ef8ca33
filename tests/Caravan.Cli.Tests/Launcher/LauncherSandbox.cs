using System.Diagnostics;
using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

namespace Caravan.Cli.Tests.Launcher;

/// <summary>What a command printed and how it ended.</summary>
public sealed record Outcome(int ExitCode, string Output, string Error);

/// <summary>
/// A small checkout with the real launcher and the real native build scripts, on a machine made of stand-ins: dotnet,
/// apt-get, cmake and the compiler are scripts that write their arguments into <see cref="Calls"/> and leave behind
/// what the real ones would. The path has a space in it on purpose.
/// </summary>
public sealed class LauncherSandbox : IDisposable
{
    /// <summary>
    /// The collection of all tests that use a sandbox: Linux refuses to run a script while another thread's new process
    /// still holds it open from the moment it was written.
    /// </summary>
    public const string OneAtATime = "launcher";

    /// <summary>Comes with libgloo-dev.</summary>
    public const string GlooHeader = "include/gloo/algorithm.h";

    // What the scripts may use of the real system: everything else is missing unless a test adds it.
    private static readonly string[] BorrowedTools =
    [
        "awk", "bash", "cat", "cp", "cut", "date", "dirname", "env", "find", "flock", "grep", "head", "mkdir", "mktemp",
        "mv", "readlink", "rm", "sed", "sha256sum", "sleep", "stat", "tail", "tee", "touch", "true",
    ];

    private readonly string _home = Directory.CreateTempSubdirectory("caravan launcher ").FullName;
    private readonly Dictionary<string, string> _environment = [];

    public LauncherSandbox()
    {
        Directory.CreateDirectory(Tools);
        foreach (var tool in BorrowedTools)
            File.CreateSymbolicLink(Path.Combine(Tools, tool), Find(tool));
        CopyCheckout();
        AddTool("id", "echo 0");
        AddDotnet();
        AddCompiler();
        AddLibtorch(SystemPrefix);
    }

    /// <summary>The checkout's root folder.</summary>
    public string Root => Path.Combine(_home, "check out");

    /// <summary>The only folder on the command path.</summary>
    public string Tools => Path.Combine(_home, "tools");

    /// <summary>What stands for /usr.</summary>
    public string SystemPrefix => Path.Combine(_home, "usr");

    /// <summary>One line for each call of a stand-in, oldest first.</summary>
    public string[] Calls => File.Exists(CallsFile) ? File.ReadAllLines(CallsFile) : [];

    /// <summary>How often the stand-in of dotnet was asked to build.</summary>
    public int Builds => CallsOf("dotnet build").Length;

    private string CallsFile => Path.Combine(_home, "calls");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    /// <summary>The calls that begin with <paramref name="command"/>.</summary>
    public string[] CallsOf(string command) =>
        [.. Calls.Where(call => call.StartsWith(command, StringComparison.Ordinal))];

    public void SetEnvironment(string name, string value) => _environment[name] = value;

    public string PathTo(string inCheckout) => Path.Combine(Root, inCheckout);

    /// <summary>Writes a file of the checkout, as an editor would.</summary>
    public void Write(string inCheckout, string text)
    {
        var path = PathTo(inCheckout);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>Puts a script on the command path that notes its call and then runs <paramref name="body"/>.</summary>
    public void AddTool(string name, string body) => AddScript(Path.Combine(Tools, name), $"""
        echo "{name} $*" >>'{CallsFile}'
        {body}
        """);

    public void RemoveTool(string name) => File.Delete(Path.Combine(Tools, name));

    /// <summary>A folder that looks like a libtorch installation.</summary>
    public void AddLibtorch(string prefix, string version = "2.5.1", string library = "lib")
    {
        var parts = version.Split('.');
        Directory.CreateDirectory(Path.Combine(prefix, "include/ATen"));
        Directory.CreateDirectory(Path.Combine(prefix, "include/gloo"));
        Directory.CreateDirectory(Path.Combine(prefix, "include/torch/csrc/api/include/torch"));
        Directory.CreateDirectory(Path.Combine(prefix, library));
        File.WriteAllText(Path.Combine(prefix, "include/ATen/ATen.h"), "");
        File.WriteAllText(Path.Combine(prefix, GlooHeader), "");
        File.WriteAllText(
            Path.Combine(prefix, "include/torch/csrc/api/include/torch/version.h"),
            $"#define TORCH_VERSION_MAJOR {parts[0]}\n#define TORCH_VERSION_MINOR {parts[1]}\n"
                + $"#define TORCH_VERSION_PATCH {parts[2]}\n");
        foreach (var name in new[] { "libtorch_cpu.so", "libc10.so", "libblas.so.3" })
            File.WriteAllText(Path.Combine(prefix, library, name), version);
    }

    public void RemoveSystemLibtorch() => Directory.Delete(SystemPrefix, recursive: true);

    /// <summary>Stand-ins for apt-get and apt-cache; installing brings libtorch and the build tools.</summary>
    public void AddApt(string candidate = "1.13.1+dfsg-4")
    {
        var spare = Path.Combine(_home, "packages");
        AddLibtorch(Path.Combine(spare, "usr"), "1.13.1");
        Directory.CreateDirectory(Path.Combine(spare, "tools"));
        foreach (var tool in new[] { "c++", "cmake", "make" })
            File.Copy(Path.Combine(Tools, tool), Path.Combine(spare, "tools", tool));
        AddTool("apt-cache", $"echo '  Candidate: {candidate}'");
        AddTool("dpkg", "[ \"$2\" = 1.13.1+dfsg-4 ]");
        AddTool("apt-get", $"""
            case "$*" in
              *--assume-no*) echo 'Need to get 299 MB of archives.'; exit 1 ;;
              *install*) cp -r '{spare}/usr' '{_home}/'; cp '{spare}'/tools/* '{Tools}/' ;;
            esac
            """);
    }

    public Outcome Run(params string[] arguments) => RunFile(PathTo("caravan"), _home, arguments);

    /// <summary>Runs a script of the checkout, or a link to one, from any folder.</summary>
    public Outcome RunFile(string file, string workingFolder, params string[] arguments)
    {
        using var process = Start(file, workingFolder, arguments);
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output, error.Result);
    }

    private Process Start(string file, string workingFolder, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = workingFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Tools;
        start.Environment["HOME"] = _home;
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private void CopyCheckout()
    {
        foreach (var script in new[] { "caravan", ".ci/run", "native/build.sh", "native/find-libtorch.sh" })
        {
            Write(script, File.ReadAllText(Path.Combine(Repository.Root, script)));
            MakeExecutable(PathTo(script));
        }

        const string systemLine = "\nsystem=/usr\n";
        var find = File.ReadAllText(PathTo("native/find-libtorch.sh"));
        Assert.Contains(systemLine, find);
        File.WriteAllText(PathTo("native/find-libtorch.sh"), find.Replace(systemLine, $"\nsystem='{SystemPrefix}'\n"));

        Write("native/caravan_torch.cpp", "");
        Write("native/CMakeLists.txt", "");
        Write("global.json", """{ "sdk": { "version": "10.0.400" } }""");
        Write("Directory.Build.props", "<Project />");
        Write("src/Caravan.Cli/Program.cs", "return 0;");
        Write("src/Caravan.Text/Old.cs", "");
        Write("tests/SomeTests.cs", "");
    }

    // A build leaves a program that shows its arguments and exits with 7.
    private void AddDotnet()
    {
        var program = PathTo("artifacts/bin/Caravan.Cli/release");
        AddTool("dotnet", $"""
            case $1 in
              --version) echo 10.0.401 ;;
              --list-sdks) echo '10.0.401 [{Tools}/sdk]' ;;
              build)
                mkdir -p '{program}'
                cp "$(native/build.sh)" '{program}/' || exit 1
                touch '{program}/caravan.dll'
                cp '{Tools}/program' '{program}/caravan'
                ;;
              test)
                cat '{Tools}/test-output'
                exit "$(cat '{Tools}/test-exit-code')"
                ;;
            esac
            """);
        AddScript(Path.Combine(Tools, "program"), """
            for argument in "$@"; do echo "<$argument>"; done
            exit 7
            """);
        SetTestResult(0, "");
    }

    /// <summary>What the stand-in for `dotnet test` will print and return.</summary>
    public void SetTestResult(int exitCode, string output)
    {
        File.WriteAllText(Path.Combine(Tools, "test-output"), output);
        File.WriteAllText(Path.Combine(Tools, "test-exit-code"), $"{exitCode}");
    }

    private void AddCompiler()
    {
        AddTool("c++", "echo 'stand-in 1.0'");
        AddTool("make", "");
        // Called as `cmake -S … -B WORK …` and then as `cmake --build WORK`.
        AddTool("cmake", """
            if [ "$1" = -S ]; then mkdir -p "$4"; touch "$4/features.txt"; else touch "$2/libcaravan_torch.so"; fi
            """);
    }

    private static void AddScript(string path, string body)
    {
        File.WriteAllText(path, $"#!/bin/sh\n{body}\n");
        MakeExecutable(path);
    }

    private static void MakeExecutable(string path) =>
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private static string Find(string tool) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':')
            .Select(folder => Path.Combine(folder, tool))
            .First(File.Exists);
}
