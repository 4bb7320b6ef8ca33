using System.Runtime.InteropServices;
using Caravan.Cli.Terminals;

namespace Caravan.Cli.Tests.Quickstart;

/// <summary>The whole quickstart, cut to a few updates.</summary>
public sealed class QuickstartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("caravan quickstart-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Quickstart_InterruptedInEveryStage_EndsAsIfItHadNotBeen()
    {
        var whole = Run(In("whole"));
        Assert.Equal(0, whole.ExitCode);
        Assert.Empty(whole.Error);

        string[] stages = ["1/6", "2/6", "3/6", "4/6", "update 1/", "5/6"];
        foreach (var stage in stages)
        {
            var part = RunUntil(stage, In("parts"));
            Assert.Equal(130, part.ExitCode);
            Assert.EndsWith("Stopped. The same command goes on from here.\n", part.Error);
        }
        Assert.Equal(0, Run(In("parts")).ExitCode);
        Assert.Equal(
            File.ReadAllBytes(In("whole", "model", "model.safetensors")),
            File.ReadAllBytes(In("parts", "model", "model.safetensors")));
        Assert.Equal(
            File.ReadAllText(In("whole", "scores-after.json")), File.ReadAllText(In("parts", "scores-after.json")));

        AssertSaysWhatToDoAfresh(Run(In("whole")));
        AssertNextCommandsWork(whole.Output);
        Assert.Contains("Right answers by kind of task", File.ReadAllText(In("whole", "report.html")));
    }

    [Fact]
    public void Folder_NotEmpty_IsRefusedAndStaysAsItIs()
    {
        File.WriteAllText(In("thesis.txt"), "mine");
        var run = Run(_folder.FullName);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            $"caravan: error: --out {_folder.FullName}: this folder is not empty and holds no quickstart.", run.Error);
        Assert.Equal([In("thesis.txt")], Directory.EnumerateFileSystemEntries(_folder.FullName));
    }

    [Fact]
    public void Out_IsAFile_IsRefused()
    {
        File.WriteAllText(In("file"), "mine");
        var run = Run(In("file"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("this is a file", run.Error);
    }

    [Fact]
    public void Settings_OtherThanBegun_AreRefused()
    {
        RunUntil("1/6", In("out"));
        var run = CommandRun.Of("quickstart", "--out", In("out"), "--max-steps", "4", "--seed", "2");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("had seed = 1, and now it is 2", run.Error);
    }

    [Fact]
    public void Marker_Damaged_IsNamed()
    {
        Directory.CreateDirectory(In("out"));
        File.WriteAllText(In("out", "quickstart.json"), "{");
        var run = Run(In("out"));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("quickstart.json: this file is damaged", run.Error);
    }

    [Theory]
    [InlineData("--seed=-1")]
    [InlineData("--max-steps=0")]
    public void Option_OutOfRange_IsUsageError(string option) =>
        Assert.Equal(2, CommandRun.Of("quickstart", "--out", In("out"), option).ExitCode);

    private static void AssertSaysWhatToDoAfresh(CommandRun run)
    {
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("is finished", run.Output);
        Assert.Contains("rm -r", run.Output);
    }

    // The commands that the quickstart prints, as a shell would split them.
    private static void AssertNextCommandsWork(string output)
    {
        var commands = output[output.IndexOf("Try next", StringComparison.Ordinal)..].Split('\n').Skip(1)
            .Where(line => line.Length > 0).Select(Split).ToArray();
        Assert.Equal(3, commands.Length);
        Assert.Equal(0, CommandRun.Of("What is 1 + 1?\n/quit\n", [.. commands[0], "--max-new-tokens", "4"]).ExitCode);
        Assert.Equal(0, CommandRun.Of([.. commands[1], "--max-new-tokens", "4"]).ExitCode);
        var training = CommandRun.Of([.. commands[2], "--max-train-steps", "1", "--max-train-samples", "64"]);
        Assert.Equal((0, ""), (training.ExitCode, training.Error));
    }

    private static string[] Split(string command)
    {
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "/bin/sh", ["-c", $"set -- {command.Trim()}; shift; for word; do printf '%s\\0' \"$word\"; done"])
        {
            RedirectStandardOutput = true,
        })!;
        var words = shell.StandardOutput.ReadToEnd().Split('\0')[..^1];
        shell.WaitForExit();
        return words;
    }

    private static string[] Arguments(string folder) => ["quickstart", "--out", folder, "--max-steps", "4"];

    private static CommandRun Run(string folder) => CommandRun.Of(Arguments(folder));

    // Presses Ctrl-C as soon as the text is printed.
    private static CommandRun RunUntil(string text, string folder)
    {
        using var stop = new StopRequest(_ => Assert.Fail("only one signal was sent"));
        var output = new WatchedWriter(text, () => stop.Signal(PosixSignal.SIGINT)) { NewLine = "\n" };
        var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal { In = TextReader.Null, Out = output, Error = error, Width = CommandRun.Width };
        var code = Program.Run(Arguments(folder), new CommandContext(terminal, stop, TimeProvider.System));
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    private string In(params string[] path) => Path.Combine([_folder.FullName, .. path]);

    private sealed class WatchedWriter(string text, Action seen) : StringWriter
    {
        private bool _seen;

        public override void Write(char value)
        {
            base.Write(value);
            Look();
        }

        public override void Write(string? value)
        {
            base.Write(value);
            Look();
        }

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            Look();
        }

        private void Look()
        {
            if (_seen || !ToString().Contains(text))
                return;
            _seen = true;
            seen();
        }
    }
}
