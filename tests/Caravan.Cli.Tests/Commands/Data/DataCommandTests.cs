namespace Caravan.Cli.Tests.Commands.Data;

public sealed class DataCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("caravan-cli-data-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Path(string name) => System.IO.Path.Combine(_folder, name);

    private string Write(string name, string text)
    {
        var path = Path(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void List_ShowsDatasetsAndMixtures()
    {
        var run = CommandRun.Of("data", "list");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("super_ni", run.Output);
        Assert.Contains("tulu-v2", run.Output);
    }

    [Fact]
    public void Prepare_ThenMixStatsShowAndCheck_WorkOnOneAnother()
    {
        Write("raw/dolly/databricks-dolly-15k.jsonl", """
            {"instruction": "Name a river.", "context": "", "response": "The Elbe."}
            {"instruction": "Name a lake.", "context": "", "response": "Baikal"}
            """);
        var prepared = CommandRun.Of("data", "prepare", "dolly", "--raw", Path("raw"), "--out", Path("out"));
        Assert.Equal((0, "Converting dolly\n"), (prepared.ExitCode, prepared.Error));
        var file = Path("out/dolly/dolly_data.jsonl");
        Assert.Equal(2, File.ReadAllLines(file).Length);

        var recipe = Write("mix.yaml", $"name: mine\nparts:\n- file: {file}\n  amount: 3.0\n");
        var mixed = CommandRun.Of("data", "mix", recipe, "--raw", Path("raw"), "--out", Path("mixes"));
        Assert.Equal(0, mixed.ExitCode);
        Assert.Contains("6 records. The strictest licence among them: CC BY-SA 3.0.", mixed.Output);
        Assert.True(File.Exists(Path("mixes/mine/report.html")));

        var stats = CommandRun.Of("data", "stats", file, "--json", Path("s.json"), "--html", Path("r.html"));
        Assert.Equal(0, stats.ExitCode);
        Assert.Contains("assistant messages (words)", stats.Output);
        Assert.True(File.Exists(Path("s.json")) && File.Exists(Path("r.html")));

        var shown = CommandRun.Of("data", "show", file, "--search", "baikal");
        Assert.Contains("dolly_1", shown.Output);
        Assert.DoesNotContain("dolly_0", shown.Output);
        Assert.Equal(2, CommandRun.Of("data", "show", file, "--random", "--count", "9").Output.Split("── ").Length - 1);

        Assert.Equal((0, "2 records: 2 usable, 0 not.\n"), (
            CommandRun.Of("data", "check", file).ExitCode, CommandRun.Of("data", "check", file).Output));
    }

    [Fact]
    public void Check_BrokenFile_ListsFaultsAndFails()
    {
        var file = Write("bad.jsonl", "{\"a\": }\n{\"instruction\": \"a\", \"output\": \"b\"}\n");
        var run = CommandRun.Of("data", "check", file);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("2 records: 1 usable, 1 not.\nE01: 1 records\n", run.Output);
        Assert.Contains($"{file}:1: invalid JSON", run.Output);
    }

    [Fact]
    public void ConvertDedupAndDecontaminate_WriteCleanFiles()
    {
        var alpaca = Write("alpaca.json", """
            [{"instruction": "a", "output": "b"}, {"instruction": "a", "output": "b"}, {"instruction": "What is two plus two?", "output": "4"}]
            """);
        Assert.Equal(0, CommandRun.Of("data", "convert", alpaca, "--out", Path("a.jsonl")).ExitCode);
        var dedup = CommandRun.Of("data", "dedup", Path("a.jsonl"), "--out", Path("b.jsonl"));
        Assert.Equal("2 records stay, 1 repeat an earlier one.\n", dedup.Output);
        Assert.Contains("alpaca_1 repeats alpaca_0", dedup.Error);
        var bench = Write("bench.jsonl", """{"question": "what is two plus two"}""");
        var clean = CommandRun.Of("data", "decontaminate", Path("b.jsonl"), "--test", bench, "--out", Path("clean"));
        Assert.Equal(0, clean.ExitCode);
        Assert.Contains("1 records stay, 1 are removed.", clean.Output);
        Assert.Single(File.ReadAllLines(Path("clean/b_decontaminated.jsonl")));
    }

    [Theory]
    [InlineData("data prepare nosuch", "There is no dataset \"nosuch\".")]
    [InlineData("data prepare lima --raw nowhere", "Nothing is there at nowhere/lima. Fetch these datasets first.")]
    [InlineData("data mix openalpaca --from-hub", "openalpaca: only tulu-v1 and tulu-v2 were published whole.")]
    [InlineData("data prepare lima --licence-policy commercial", "does not allow lima (CC BY-NC-SA)")]
    [InlineData("data prepare lima --set x", "--set x: expected name=value")]
    [InlineData("data stats nosuch.jsonl", "nosuch.jsonl: no such file.")]
    [InlineData("data mix nosuch", "no published mixture of that name")]
    public void WrongUse_IsExplained(string line, string message)
    {
        var run = CommandRun.Of(line.Split(' '));
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error);
    }
}
